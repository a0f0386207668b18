"""The API's page as people read it: axe finds nothing, all fits a narrow screen, the contents lead where they say."""

from tests.browser.axe import assert_accessible

WIDTH = "document.documentElement.scrollWidth <= innerWidth"
IN_SIGHT = "element => { const { top } = element.getBoundingClientRect(); return top >= 0 && top < innerHeight / 2 }"


def test_the_page_of_the_api(house, new_person):
    page = new_person(java_script_enabled=True, viewport={"width": 1400, "height": 900}).new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/api/v1/", "/problems/", "/problems/limited"):
        page.goto(house.url + path)
        assert_accessible(path, page)
        for width in (1400, 900, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(WIDTH), (path, width)
    assert asked and all(url.startswith(house.url) for url in asked), "something came from elsewhere"


def test_the_contents_lead_by_keyboard(house, new_person):
    page = new_person(viewport={"width": 1400, "height": 900}).new_page()
    page.goto(house.url + "/api/v1/")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Send a message", exact=True).focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Send a message", exact=True)
    page.wait_for_function(IN_SIGHT, arg=heading.element_handle())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article')?.getAttribute('aria-labelledby')") == "visitor_send"
