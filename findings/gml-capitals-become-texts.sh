#!/usr/bin/env bash
# Packages: igraph==1.0.0 networkx==3.6.1
#
# In GML, the plain format for graphs, networkx writes a whole number above 2,147,483,647 as a text. Read again by networkx itself, a capital
# of 3,000,000,000 is '3000000000' beside 500,000 as a number, so that their sum raises; igraph makes texts of the whole column,
# in which '500000' is greater than '3000000000'. The same graph as GraphML has numbers in both. Of a Chinese name igraph reads the character
# references that networkx writes, &#27494; and so on, as the name itself, and igraph's own GML with such names is refused by networkx.
#
# Seen with networkx 3.6.1 (the newest for Python 3.11) and igraph 1.0.0 (newest on 2026-11-28), firms with 3000000000 and 500000:
#   gml: networkx str 3000000000 int 500000, igraph str 3000000000 str 500000
#   greatest by igraph: 500000
#   graphml: networkx int 3000000000 int 500000, igraph float 3000000000.0 float 500000.0
#   capitals below the bound, gml: networkx int 2000000000 int 500000, igraph float 2000000000.0 float 500000.0
#   name 武昌厂, gml: networkx 武昌厂, igraph &#27494;&#26124;&#21378;
#   igraph's own gml: igraph 武昌厂 3000000000.0, networkx raises NetworkXError
# The format's description allows integers of 32 bits and letters of ASCII only. igraph writes large numbers and UTF-8 all the same, warns of the
# references once, and decodes none but the five of XML.
#
# Who meets it: graphs of holdings handed on as GML: one firm above 2.1 billion turns the column of all. Helps: amounts as floats
# (`float(capital)`), or GraphML.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check igraph==1.0.0 networkx==3.6.1
cat > graphs.py <<'PY'
import warnings

import igraph
import networkx

warnings.simplefilter("ignore")


def firms(*capitals):
    graph = networkx.DiGraph()
    for number, capital in enumerate(capitals):
        graph.add_node(f"firm {number}", capital=capital, name="武昌厂")
    graph.add_edge("firm 0", "firm 1")
    return graph


def read(graph, ending):
    path = f"firms.{ending}"
    getattr(networkx, f"write_{ending}")(graph, path)
    again = getattr(networkx, f"read_{ending}")(path)
    return [again.nodes[name] for name in graph], [vertex.attributes() for vertex in igraph.Graph.Read(path, format=ending).vs]


def shown(nodes):
    return " ".join(f"{type(node['capital']).__name__} {node['capital']}" for node in nodes)


def told(nodes):
    by_networkx, by_igraph = nodes
    return f"networkx {shown(by_networkx)}, igraph {shown(by_igraph)}"


large = firms(3_000_000_000, 500_000)
written = read(large, "gml")
print("gml:", told(written))
print("greatest by igraph:", max(node["capital"] for node in written[1]))
print("graphml:", told(read(large, "graphml")))
print("capitals below the bound, gml:", told(read(firms(2_000_000_000, 500_000), "gml")))
print(f"name 武昌厂, gml: networkx {written[0][0]['name']}, igraph {written[1][0]['name']}")
own = igraph.Graph(2, [(0, 1)], directed=True)
own.vs["name"], own.vs["capital"] = ["武昌厂", "汉口店"], [3_000_000_000, 500_000]
own.write("own.gml", format="gml")
first = igraph.Graph.Read("own.gml", format="gml").vs[0]
try:
    networkx.read_gml("own.gml", label="name")
except networkx.NetworkXError as error:
    print(f"igraph's own gml: igraph {first['name']} {first['capital']}, networkx raises {type(error).__name__}")
# What helps.
assert told(read(firms(3e9, 5e5), "gml")) == "networkx float 3000000000.0 float 500000.0, igraph float 3000000000.0 float 500000.0"
PY
cat > expected.txt <<'TEXT'
gml: networkx str 3000000000 int 500000, igraph str 3000000000 str 500000
greatest by igraph: 500000
graphml: networkx int 3000000000 int 500000, igraph float 3000000000.0 float 500000.0
capitals below the bound, gml: networkx int 2000000000 int 500000, igraph float 2000000000.0 float 500000.0
name 武昌厂, gml: networkx 武昌厂, igraph &#27494;&#26124;&#21378;
igraph's own gml: igraph 武昌厂 3000000000.0, networkx raises NetworkXError
TEXT
env/bin/python graphs.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: networkx 3.6.1, igraph 1.0.0"
