// Subgraphs of other teams, as they stand beside ours: what each has in common with it is said by its name.
const head = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@external", "@requires", "@override"])\n';

export const others = {
  'visits: an entity of its own that extends Enterprise by id':
    'type Query { visits: [Visit!]! } type Visit @key(fields: "id") { id: ID! of: Enterprise! } type Enterprise @key(fields: "id") { id: ID! visits: [Visit!]! }',
  'inspections: Enterprise by its credit code':
    'scalar CreditCode type Query { inspections: [Inspection!]! } type Inspection { on: String! of: Enterprise } type Enterprise @key(fields: "creditCode", resolvable: false) { creditCode: CreditCode }',
  'visits: a Relay connection, PageInfo shared':
    'type Query { visits(first: Int!): VisitConnection! } type VisitConnection { edges: [VisitEdge!]! pageInfo: PageInfo! } type VisitEdge { node: Visit! cursor: String! } type Visit { id: ID! }' +
    ' type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }',
  'visits: node and nodes of Relay':
    'interface Node { id: ID! } type Query { node(id: ID!): Node @shareable nodes(ids: [ID!]!): [Node]! @shareable } type Visit implements Node @key(fields: "id") { id: ID! }',
  'staff: a viewer of its own': 'type Query { viewer: Viewer! @shareable } type Viewer { name: String! @shareable }',
  'shops: kinds of the same everyday names': 'type Query { shops: [Shop!]! } type Shop { id: ID! location: Location! } type Location { lat: Float! lon: Float! }',
  'statistics: Area by code': 'type Query { a: Int } type Area @key(fields: "code") { code: String! population: Int }',
  'officials: TradeUnion by id': 'type Query { a: Int } type TradeUnion @key(fields: "id") { id: ID! officials: Int }',
  'wages: a field that needs employees': 'type Query { a: Int } type Enterprise @key(fields: "id") { id: ID! employees: Int @external perHead: Float @requires(fields: "employees") }',
  'an enum and scalars of the same names': 'type Query { a(d: Direction): Date b: DateTime } enum Direction { ASC DESC } scalar Date scalar DateTime',
};
for (const name of Object.keys(others)) others[name] = head + others[name];
