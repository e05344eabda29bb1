# Client: prometheus-client
# Tried: /metrics by the strict reader of OpenMetrics: counters, gauges, units, one end
import urllib.request

from lib import HUB, ask, check, end, same
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ask("{ gap(first: 1) { totalCount } }")
with urllib.request.urlopen(HUB + "/metrics") as answer:
    same("kind", answer.headers["content-type"].split(";")[0], "application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
check("families", len(families) > 8, sorted(families))
value = lambda name: families[name].samples[0].value  # noqa: E731
edition = ask("{ editions(first: 1) { nodes { number enterprises } } }")["editions"]["nodes"][0]
same("the edition and its enterprises", [value("huitu_edition_number"), value("huitu_edition_enterprises")], [edition["number"], edition["enterprises"]])
same("each has a help text", [name for name, family in families.items() if not family.documentation], [])
same("times have a unit", [name for name, family in families.items() if "seconds" in name and family.unit != "seconds"], [])
end()
