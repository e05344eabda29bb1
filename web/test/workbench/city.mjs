// What the tests need to know of the city behind the server: read from the graph, as a client would.
export async function ask(url, query, variables = {}) {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': 'zh' }, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  if (!answer.data) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

export async function cityOf(url) {
  const data = await ask(
    url,
    `{ gap(first: 1) { totalCount nodes { id name } }
       both: gap(first: 0, include: [LACKING, UNDECIDED]) { totalCount }
       undecided: gap(first: 0, include: [UNDECIDED]) { totalCount }
       possible: enterprises(first: 1, filter: { union: [POSSIBLE] }) { nodes { id } }
       coverage(by: [DISTRICT]) { rows { keys { code name } inGap } } }`,
  );
  const rows = data.coverage.rows.filter((row) => row.keys[0].code !== '').sort((a, b) => b.inGap - a.inGap);
  return {
    lacking: data.gap.totalCount,
    both: data.both.totalCount,
    undecided: data.undecided.totalCount,
    first: data.gap.nodes[0].id,
    firstName: data.gap.nodes[0].name,
    possible: data.possible.nodes[0].id,
    district: rows[0].keys[0].code,
    districtName: rows[0].keys[0].name,
    inGap: rows[0].inGap,
  };
}
