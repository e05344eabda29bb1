// Client: xlsx, exceljs
// Tried: CSV and XLSX in SheetJS, XLSX in ExcelJS: credit codes whole, counts, days and money as such, headings in one language, edition and question in the file's properties
import ExcelJS from 'exceljs';
import XLSX from 'xlsx';
import { ask, check, end, hub, same } from '../lib.mjs';

const columns = 'name,creditCode,establishedOn,employees,revenueYuan,area.code,industry.code,gap.status';
const fetched = async (format, query = '') => Buffer.from(await (await fetch(`${hub}/export/enterprises.${format}?columns=${columns}&lang=en${query}`)).arrayBuffer());
const { enterprises } = await ask('{ enterprises(first: 500) { totalCount nodes { name creditCode creditCodeRaw establishedOn employees revenueYuan industry { code } } } }');
const codes = enterprises.nodes.map((e) => e.creditCode ?? e.creditCodeRaw ?? '');
check('codes of digits only are among them', codes.some((code) => /^\d{18}$/.test(code)), codes.filter((code) => /^\d{18}$/.test(code)).length);

// CSV, as a spreadsheet opens it.
const sheetOf = (bytes, options = {}) => XLSX.read(bytes, { type: 'buffer', ...options }).Sheets;
const csv = XLSX.utils.sheet_to_json(Object.values(sheetOf(await fetched('csv')))[0], { header: 1 });
same('CSV: every row', csv.length - 1, enterprises.totalCount);
same('CSV: every code is whole', csv.slice(1, 501).map((row) => String(row[1] ?? '')), codes);
const industries = enterprises.nodes.map((e) => e.industry?.code ?? '');
check('industries whose code begins with a zero are among them', industries.some((code) => code.startsWith('0')));
same('CSV: codes of industries keep their zero', csv.slice(1, 501).map((row) => String(row[6] ?? '')), industries);
const gb = XLSX.utils.sheet_to_json(Object.values(sheetOf(await fetched('csv', '&encoding=gb18030'), { codepage: 936 }))[0], { header: 1 });
same('CSV in GB18030: the same names', gb.slice(1, 20).map((row) => row[0]), csv.slice(1, 20).map((row) => row[0]));

// XLSX.
const xlsx = await fetched('xlsx');
const workbook = XLSX.read(xlsx, { type: 'buffer', cellDates: true, cellNF: true });
const sheet = Object.values(workbook.Sheets)[0];
const rows = XLSX.utils.sheet_to_json(sheet, { header: 1, raw: true });
same('SheetJS: every code is whole', rows.slice(1, 501).map((row) => row[1] ?? ''), codes);
const cell = (row, column) => sheet[XLSX.utils.encode_cell({ r: row, c: column })];
const known = enterprises.nodes.findIndex((e) => e.establishedOn && e.employees !== null && e.revenueYuan !== null);
const sample = enterprises.nodes[known];
same('SheetJS: types of code, day, count, money', [1, 2, 3, 4].map((column) => cell(known + 1, column).t), ['s', 'd', 'n', 'n']);
same('SheetJS: count and money', [cell(known + 1, 3).v, cell(known + 1, 4).v], [sample.employees, Number(sample.revenueYuan)]);
check('SheetJS: headings in one language', rows[0].every((heading) => /^[\x20-\x7e]+$/.test(heading)), rows[0]);
const properties = { ...workbook.Props, ...workbook.Custprops };
check('SheetJS: edition and question', JSON.stringify(properties).includes('huitu.edition') && JSON.stringify(properties).includes('gap.status'), properties);

const long = `{ ${Array.from({ length: 30 }, (_, at) => `name${at}: name`).join(' ')} }`;
const asked = await fetch(`${hub}/export/enterprises.xlsx?first=1&lang=en&columns=${encodeURIComponent(long)}`);
const comments = XLSX.read(Buffer.from(await asked.arrayBuffer()), { type: 'buffer' }).Props.Comments ?? '';
check('SheetJS: a question too long for a property stands whole in the comments', decodeURIComponent(comments.replaceAll('+', ' ')).includes('name29: name'), comments);

const book = new ExcelJS.Workbook();
await book.xlsx.load(xlsx);
const page = book.worksheets[0];
same('ExcelJS: every row', page.actualRowCount - 1, enterprises.totalCount);
const excel = page.getRow(known + 2);
check('ExcelJS: a code is text, a day a date, a count a number', typeof excel.getCell(2).value === 'string' && excel.getCell(3).value instanceof Date && typeof excel.getCell(4).value === 'number');
same('ExcelJS: the day', excel.getCell(3).value.toISOString().slice(0, 10), sample.establishedOn);
same('ExcelJS: codes', codes.map((code, at) => String(page.getRow(at + 2).getCell(2).value ?? '') === code).indexOf(false), -1);

// A name that a spreadsheet would run as a formula stays a text.
const formulas = rows.slice(1).filter((row) => row.some((value) => typeof value === 'object' && value?.formula));
same('no formulas', formulas, []);
end();
