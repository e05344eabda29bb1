# Client: plain HTTP
# Tried: conditions of the reconciliation API's 1.0 draft: an id, a required property, a kind of condition that there is not
import json
import urllib.request

from lib import HUB, ask, check, end, same

one, other = ask("{ enterprises(first: 2) { nodes { id name creditCode area { name } } } }")["enterprises"]["nodes"]


def match(*conditions):
    body = json.dumps({"queries": [{"limit": 3, "conditions": list(conditions)}]}).encode()
    request = urllib.request.Request(HUB + "/reconcile/1.0-draft/match", body, {"content-type": "application/json", "accept-language": "en"})
    with urllib.request.urlopen(request) as answer:
        (result,) = json.load(answer)["results"]
    return result


def found(result):
    return [candidate["id"] for candidate in result["candidates"]]


name = {"matchType": "name", "propertyValue": one["name"]}
same("by name", found(match(name))[:1], [one["id"]])
same("by id", found(match({"matchType": "id", "propertyValue": one["id"]})), [one["id"]])
district = {"matchType": "property", "propertyId": "district", "required": True}
same("a required property that holds", found(match(name, {**district, "propertyValue": one["area"]["name"]}))[:1], [one["id"]])
check("a required property that does not hold", one["id"] not in found(match(name, {**district, "propertyValue": "no such district"})))
unknown = match({"matchType": "colour", "propertyValue": "red"})
check("an unknown kind of condition is named", "colour" in str(unknown.get("error", "")), unknown)
end()
