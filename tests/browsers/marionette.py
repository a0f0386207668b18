"""Firefox without geckodriver, which Debian does not ship: WebDriver's commands in the words of Firefox's own Marionette."""

import json
import socket
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.errorhandler import ErrorHandler
from selenium.webdriver.remote.remote_connection import RemoteConnection

# The names that differ by more than "WebDriver:" and a capital letter.
NAMES = {
    Command.QUIT: "DeleteSession", Command.GET: "Navigate", Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript", Command.W3C_ACTIONS: "PerformActions",
    Command.W3C_CLEAR_ACTIONS: "ReleaseActions", Command.W3C_GET_ACTIVE_ELEMENT: "GetActiveElement",
    Command.W3C_GET_CURRENT_WINDOW_HANDLE: "GetWindowHandle", Command.W3C_GET_WINDOW_HANDLES: "GetWindowHandles",
    Command.CLICK_ELEMENT: "ElementClick", Command.CLEAR_ELEMENT: "ElementClear", Command.CLOSE: "CloseWindow",
    Command.SEND_KEYS_TO_ELEMENT: "ElementSendKeys", Command.SCREENSHOT: "TakeScreenshot", Command.GET_ALL_COOKIES: "GetCookies",
    Command.GET_ELEMENT_VALUE_OF_CSS_PROPERTY: "GetElementCSSValue", Command.GET_ELEMENT_ARIA_LABEL: "GetComputedLabel",
    Command.GET_ELEMENT_ARIA_ROLE: "GetComputedRole", Command.GET_CURRENT_URL: "GetCurrentURL",
    Command.FIND_CHILD_ELEMENT: "FindElement", Command.FIND_CHILD_ELEMENTS: "FindElements",
}
CONTEXT = "setContext"  # {"value": "chrome"}: what follows sees the browser itself; "content": the page again


class Marionette(RemoteConnection):
    """Takes the place of selenium's connection over HTTP. Messages are `length:[0, number, name, parameters]`."""

    def __init__(self, port: int):
        super().__init__(client_config=ClientConfig(f"http://127.0.0.1:{port}"))
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._receive()  # its greeting

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        """What geckodriver would have answered. Raises selenium's exceptions."""
        given = {name: value for name, value in (params or {}).items() if name != "sessionId"}
        if command == Command.NEW_SESSION:
            given = given["capabilities"]["alwaysMatch"]
        if command in (Command.FIND_CHILD_ELEMENT, Command.FIND_CHILD_ELEMENTS):
            given["element"] = given.pop("id")
        value = self._asked(name_of(command), given)
        return {"value": value["value"] if isinstance(value, dict) and set(value) == {"value"} else value}

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _asked(self, name: str, params: dict[str, Any]) -> Any:
        self._number += 1
        words = json.dumps([0, self._number, name, params])
        self._socket.sendall(f"{len(words)}:{words}".encode())
        _, number, error, value = self._receive()
        if number != self._number:
            raise WebDriverException(f"an answer to {number} came for {self._number}")
        if error:
            ErrorHandler().check_response({"status": 500, "value": json.dumps({"value": error})})
        return value

    def _receive(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            byte = self._file.read(1)
            if not byte:
                raise WebDriverException("Firefox has ended")
            length += byte
        return json.loads(self._file.read(int(length[:-1])))


def name_of(command: str) -> str:
    """`findElement` → `WebDriver:FindElement`."""
    if command == CONTEXT:
        return "Marionette:SetContext"
    return f"WebDriver:{NAMES.get(command, command[0].upper() + command[1:])}"
