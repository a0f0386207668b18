"""An audit event as FHIR R4 AuditEvent, after the IHE Basic Audit Log Patterns (BALP 1.1): our own small serializer.

Input are events as desk/system/trail.py tells them. Persons, conversations and other things are named by identifiers
`urn:securemsg:<kind>`, since no FHIR server of theirs is known here. https://profiles.ihe.net/ITI/BALP/
"""

from base64 import b64encode
from typing import Any

from securemsg.desk.audit.actions import SEARCH, Kind, kind
from securemsg.times import rfc3339

_TYPE, _DCM = "http://terminology.hl7.org/CodeSystem/audit-event-type", "http://dicom.nema.org/resources/ontology/DCM"
_INTERACTION, _PARTICIPATION = "http://hl7.org/fhir/restful-interaction", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_REASON, _SOURCE = "http://terminology.hl7.org/CodeSystem/v3-ActReason", "http://terminology.hl7.org/CodeSystem/security-source-type"
_ENTITY, _ROLE = ("http://terminology.hl7.org/CodeSystem/audit-entity-type",
                  "http://terminology.hl7.org/CodeSystem/object-role")
_TRANSACTION = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_PROFILES = {"R": "PatientRead", "C": "PatientCreate", "U": "PatientUpdate", "D": "PatientDelete", "E": "PatientQuery"}
_SAID = {"110106": "Export", "110107": "Import", "110113": "Security Alert", "110114": "User Authentication"}
_OUTCOMES = {"ok": "0", "refused": "4", "failed": "8"}
_PURPOSES = {"visitor": "PATRQT", "staff": "TREAT"}  # of what is done in conversations; the rest runs the clinic: HOPERAT
_OF_CONVERSATIONS = ("conversation", "message", "note", "contact", "name")


def audit_event(event: dict[str, Any], public_url: str) -> dict[str, Any]:
    """One event as a resource; what is not known of it is left out."""
    done = kind(event["action"])
    about = next((each["id"] for each in (event["object"], *event["objects"]) if each["kind"] == "conversation"), None)
    made = {
        "resourceType": "AuditEvent", "id": event["id"], "type": _type(done), "subtype": _subtype(event["action"], done),
        "action": done.crud, "recorded": rfc3339(event["at"]), "outcome": _OUTCOMES.get(event["outcome"], "8"),
        "purposeOfEvent": [{"coding": [{"system": _REASON, "code": _purpose(event)}]}],
        "agent": _agents(event, done, public_url), "source": _source(event, public_url),
        "entity": _entities(event, done, about)}
    if not event["verified"]:
        made["outcomeDesc"] = "This record does not match its seal: it was altered after it was written."
    if about and done.interaction and event["outcome"] == "ok" and event["actor"]["kind"] == "staff":
        made["meta"] = {"profile": [_PROFILE + _PROFILES[done.crud]]}
    return {name: value for name, value in made.items() if value not in (None, [])}


def bundle(events: list[dict[str, Any]], public_url: str, address: str, next_address: str | None) -> dict[str, Any]:
    """A page of events as a search's answer; `address` is where it was asked for, `next_address` where it goes on."""
    links = [{"relation": "self", "url": address}, *([{"relation": "next", "url": next_address}] if next_address else [])]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": [
        {"fullUrl": f"urn:uuid:{event['id']}", "resource": audit_event(event, public_url), "search": {"mode": "match"}}
        for event in events]}


def _type(done: Kind) -> dict[str, str]:
    if done.dicom:
        return {"system": _DCM, "code": done.dicom, "display": _SAID[done.dicom]}
    return {"system": _TYPE, "code": "rest", "display": "RESTful Operation"}


def _subtype(action: str, done: Kind) -> list[dict[str, str]]:
    """How FHIR calls it, and how we do."""
    ours = {"system": "urn:securemsg:action", "code": action}
    if done.dicom == "110114":
        return [{"system": _DCM, "code": "110122", "display": "Login"}, ours]
    return [{"system": _INTERACTION, "code": done.interaction}, ours] if done.interaction else [ours]


def _purpose(event: dict[str, Any]) -> str:
    named = (event["detail"] or {}).get("purpose")
    if event["action"] == "glass.broken" and named in ("BTG", "ETREAT", "HOPERAT"):
        return named
    about = {event["object"]["kind"], *(each["kind"] for each in event["objects"])}
    return _PURPOSES.get(event["actor"]["kind"], "HOPERAT") if about & set(_OF_CONVERSATIONS) else "HOPERAT"


def _agents(event: dict[str, Any], done: Kind, public_url: str) -> list[dict[str, Any]]:
    """Client, server and person. In a read the client is where data go to, else where they come from (BALP)."""
    goes_out = done.crud == "R"
    client, server = (("110152", "110153") if goes_out else ("110153", "110152"))
    actor = event["actor"]
    person = actor["kind"] in ("staff", "visitor")
    found = [_machine(client, f"client of the {actor['kind']}", event["address"], requestor=not person),
             _machine(server, public_url, None, requestor=False)]
    if person:
        role = "IRCP" if done is SEARCH or goes_out else "AUT"
        who = _named("person" if actor["kind"] == "staff" else "visitor", actor["id"], actor["name"] or actor["kind"])
        found.append({"type": {"coding": [{"system": _PARTICIPATION, "code": role}]}, "requestor": True, "who": who})
    return found


def _machine(code: str, display: str, address: str | None, requestor: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": {"coding": [{"system": _DCM, "code": code}]}, "who": {"display": display}, "requestor": requestor}
    return made | ({"network": {"address": address, "type": "2"}} if address else {})


def _source(event: dict[str, Any], public_url: str) -> dict[str, Any]:
    return {"site": event["node"], "observer": {"display": public_url}, "type": [{"system": _SOURCE, "code": "4"}]}


def _entities(event: dict[str, Any], done: Kind, about: str | None) -> list[dict[str, Any]]:
    things = [each for each in (event["object"], *event["objects"]) if each["id"]]
    found = [_entity("2", "4", _named(each["kind"], each["id"])) for each in things]
    if about:  # whoever wrote in a conversation is known to nobody but by it
        found.insert(0, _entity("1", "1", _named("visitor", about)))
    if event["request_id"]:
        found.append({"type": {"system": _TRANSACTION, "code": "XrequestId"}, "what": _named("request", event["request_id"])})
    if done is SEARCH and (asked := (event["detail"] or {}).get("query")):
        found.append(_entity("2", "24", None) | {"query": b64encode(asked.encode()).decode()})
    return found


def _entity(type_: str, role: str, what: dict[str, Any] | None) -> dict[str, Any]:
    made = {"type": {"system": _ENTITY, "code": type_}, "role": {"system": _ROLE, "code": role}}
    return made | ({"what": what} if what else {})


def _named(what: str, id: str | None, display: str | None = None) -> dict[str, Any]:
    return {**({"identifier": {"system": f"urn:securemsg:{what}", "value": id}} if id else {}),
            **({"display": display} if display else {})}
