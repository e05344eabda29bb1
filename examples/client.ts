// The whole gap list of one district, page by page. Usage: client.ts URL DISTRICT
type Page = {
  gap: {
    totalCount: number;
    nodes: { id: string; name: string; employees: number | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
};

const query = `query($district: String!, $after: String) {
  gap(first: 100, after: $after, filter: { area: [$district] }) {
    totalCount
    nodes { id name employees }
    pageInfo { hasNextPage endCursor }
  }
}`;

async function ask<T>(url: string, variables: Record<string, unknown>): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string; extensions: { code: string } }[] };
  if (errors || !data) throw new Error(errors?.map((e) => `${e.extensions.code}: ${e.message}`).join('\n'));
  return data;
}

const [url, district] = process.argv.slice(2);
let after: string | null = null;
let seen = 0;
for (;;) {
  const { gap }: Page = await ask<Page>(url, { district, after });
  seen += gap.nodes.length;
  after = gap.pageInfo.endCursor;
  if (!gap.pageInfo.hasNextPage) {
    console.log(`${seen} of ${gap.totalCount}`);
    break;
  }
}
