"""What plugins bring to a conversation's page: tags, boxes, to-dos, tools with their forms, and what they could not deliver."""

from collections.abc import Mapping

from flask import Request

from securemsg.answers import Tool
from securemsg.desk import people
from securemsg.desk.deliveries import aside
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.plugin import todos, tools
from securemsg.desk.reading import Shown
from securemsg.errors import Error
from securemsg.http import drawing, forms_of_kinds, languages, pages
from securemsg.http.entries import title
from securemsg.http.here import desk
from securemsg.http.trail import SERVICE
from securemsg.http.undelivered import undelivered


def brought(me: Session, shown: Shown, request: Request, error: Error | None) -> dict:
    """For work.html, tools.html and the boxes. `placed`: what was wrong stands in the form of the tool that it is about."""
    if not me.who.may("inbox"):  # who looks into a conversation for a reason does no work in it
        return {"tags": (), "tools": [], "placed": False, "panels": [], "todos": [], "undelivered": []}
    row, now = shown.conversation, desk().clock()
    found = tools.beside(desk(), me.who, row, now)
    offered = [_tool(plugin, tool, request, error) for plugin, tool in found.tools] if shown.newest else []
    return {
        "tags": found.tags, "tools": offered, "placed": any(tool["errors"] for tool in offered),
        "panels": [{"title": languages.told(panel.title), "parts": drawing.parts(panel.parts)} for _, panel in found.panels],
        "todos": [{"id": each.id, "text": each.text, "urgent": each.urgent, "due_at": each.due_at,
                   "by": title(each.plugin) or languages.told(SERVICE)} for each in todos.todos(desk(), me.who, row.id, now)],
        "undelivered": undelivered(aside.set_aside(desk(), me.who, row.id), people.everyone(desk(), row.clinic_id))}


def filled_in(form: Mapping[str, str]) -> dict[str, str]:
    """The fields that a tool's form asked, by their names in it."""
    return {name: text for name, text in form.items() if name.startswith("data.")}


def _tool(plugin: str, tool: Tool, request: Request, error: Error | None) -> dict:
    fields = forms_of_kinds.offered(tool, languages.here().code)
    at = request.view_args or {}
    mine = error if fields and request.endpoint == "tools.run" and (at["plugin"], at["tool"]) == (plugin, tool.name) else None
    typed = pages.kept(request.form, mine) if mine else {}
    return {"plugin": plugin, "name": tool.name, "id": f"tool-{plugin}-{tool.name}", "label": languages.told(tool.label),
            "about": languages.told(tool.about or ""), "fields": fields, "form": filled_in(typed), "key": typed.get("key"),
            "errors": pages.told(mine) if mine else {}}
