// Client: apache-arrow
// Tried: Arrow exports as a notebook in a browser reads them: types, days, decimals, codes as text, the edition in the metadata, an empty list
import { tableFromIPC } from 'apache-arrow';
import { ask, check, end, hub, same } from '../lib.mjs';

const columns = 'id,name,creditCode,establishedOn,employees,revenueYuan,priority';
const table = await tableFromIPC(fetch(`${hub}/export/enterprises.arrow?columns=${columns}`));
const { enterprises } = await ask('{ enterprises(first: 500) { totalCount nodes { id creditCode creditCodeRaw establishedOn employees revenueYuan } } }');
same('every row', table.numRows, enterprises.totalCount);
same('types', table.schema.fields.slice(0, 6).map((field) => String(field.type)), ['Utf8', 'Utf8', 'Utf8', 'Date32<DAY>', 'Int64', 'Decimal[18e+2]']);
const column = (name) => table.getChild(name);
const rows = enterprises.nodes;
same('codes', rows.map((_, at) => column('creditCode').get(at)), rows.map((e) => e.creditCode ?? e.creditCodeRaw));
same('counts', rows.map((_, at) => column('employees').get(at)?.toString() ?? null), rows.map((e) => e.employees?.toString() ?? null));
const day = (value) => (value === null ? null : new Date(value).toISOString().slice(0, 10));
same('days', rows.map((_, at) => day(column('establishedOn').get(at))), rows.map((e) => e.establishedOn));
const fen = (words) => (words === null ? null : words[0] + words[1] * 2 ** 32);
same('money in fen', rows.map((_, at) => fen(column('revenueYuan').get(at))), rows.map((e) => (e.revenueYuan === null ? null : Math.round(Number(e.revenueYuan) * 100))));
same('the edition', table.schema.metadata.get('huitu.edition'), '2');
const none = await tableFromIPC(fetch(`${hub}/export/gap.arrow?columns=name,employees&filter=${encodeURIComponent('{"employees":{"gte":100000000}}')}`));
check('an empty list has its columns', none.numRows === 0 && none.schema.fields.length === 2);
end();
