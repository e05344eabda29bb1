# Client: openpyxl, python-calamine, fastexcel, polars
# Tried: XLSX opens without repair: credit codes as text, days, counts and money typed with any columns chosen, one language, the edition in the properties, no formulas
import datetime
import io

import openpyxl
import polars
from lib import ask, check, end, get, same
from python_calamine import CalamineWorkbook

CHOICES = ["", "id,name,creditCode,establishedOn,employees,revenueYuan,priority", "{ name creditCode area { name } records(first: 2) { nodes { key registry { name } } } }", "name,gap.since,tags,reasons,unions"]
truth = {e["id"]: e for e in ask("{ gap(first: 500) { nodes { id name creditCode creditCodeRaw employees establishedOn revenueYuan } } }")["gap"]["nodes"]}
for lang in ("zh", "en"):
    for columns in CHOICES:
        from urllib.parse import quote

        status, headers, data = get(f"/export/gap.xlsx?lang={lang}" + (f"&columns={quote(columns)}" if columns else ""))
        named = f"{lang} {columns[:24] or 'usual columns'}"
        if status != 200:
            check(named, False, data[:300])
            continue
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book.worksheets[0]
        rows = list(sheet.iter_rows(values_only=True))
        same(f"openpyxl, {named}: every row", len(rows) - 1, int(headers["x-huitu-rows"]))
        formulas = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.data_type == "e"]
        same(f"openpyxl, {named}: no formulas, no errors", formulas, [])
        if columns.startswith("id,"):
            for row in rows[1:]:
                e = truth[row[0]]
                given = (row[1], row[2], row[3] and row[3].date(), row[4], row[5] and float(row[5]))
                expected = (e["name"], e["creditCode"] or e["creditCodeRaw"], e["establishedOn"] and datetime.date.fromisoformat(e["establishedOn"]), e["employees"], e["revenueYuan"] and float(e["revenueYuan"]))
                if given != expected:
                    same(f"openpyxl, {named}: {row[0]}", given, expected)
            formats = {rows[0][at]: sheet.cell(2, at + 1).number_format for at in range(len(rows[0]))}
            check(f"openpyxl, {named}: a day is shown as one", "yy" in list(formats.values())[3].lower(), formats)
        if lang == "en":
            check(f"openpyxl, {named}: headings in English", all(str(heading).isascii() for heading in rows[0]), rows[0])
        else:
            latin = [h for h in rows[0] if h and str(h).isascii()]
            check(f"openpyxl, {named}: headings in Chinese", latin == [], rows[0])
        properties = {p.name: p.value for p in book.custom_doc_props.props}
        check(f"openpyxl, {named}: edition and question", properties.get("huitu.edition") in ("2", 2) and "gap.xlsx" in str(properties.get("huitu.query")), properties)
        again = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        same(f"calamine, {named}: the same rows", len(again), len(rows))
        if columns.startswith("id,"):
            same(f"calamine, {named}: kinds of a row", [type(value).__name__ for value in again[1]][:5], ["str", "str", "str", "date", "int"] if isinstance(again[1][4], int) else ["str", "str", "str", "date", "float"])
            same(f"calamine, {named}: codes", [row[2] for row in again[1:]], [row[2] or "" for row in rows[1:]])

# Polars reads workbooks by fastexcel, guessing kinds by itself.
frame = polars.read_excel(io.BytesIO(get("/export/gap.xlsx?lang=en&columns=id,name,creditCode,establishedOn,employees,revenueYuan")[2]))
same("polars: kinds", [str(kind) for kind in frame.dtypes], ["String", "String", "String", "Date", "Int64", "Float64"] if frame.dtypes[5] == polars.Float64 else ["String", "String", "String", "Date", "Int64", "Int64"])
same("polars: codes", frame["credit code"].to_list(), [truth[one]["creditCode"] or truth[one]["creditCodeRaw"] for one in frame["id"]])
end()
