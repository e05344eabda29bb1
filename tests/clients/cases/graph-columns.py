# Client: pyarrow, openpyxl
# Tried: columns of the edition beside columns that the graph answers: types and headings as without them
import io
from urllib.parse import quote

import openpyxl
import pyarrow
from lib import check, end, get, same

COLUMNS = ("id", "name", "creditCode", "employees", "establishedOn", "revenueYuan")
alone = f"{{ {' '.join(COLUMNS)} }}"
beside = f"{{ {' '.join(COLUMNS)} records(first: 2) {{ nodes {{ key }} }} }}"


def arrow(columns):
    return pyarrow.ipc.open_stream(io.BytesIO(get(f"/export/gap.arrow?lang=zh&columns={quote(columns)}")[2])).read_all()


def headings(columns):
    book = openpyxl.load_workbook(io.BytesIO(get(f"/export/gap.xlsx?lang=zh&columns={quote(columns)}")[2]))
    return [cell.value for cell in book.worksheets[0][1]]


same("Arrow: the same types", [str(arrow(beside).field(name).type) for name in COLUMNS], [str(arrow(alone).field(name).type) for name in COLUMNS])
same("Arrow: the same values", [arrow(beside).column(name).to_pylist() for name in COLUMNS], [arrow(alone).column(name).to_pylist() for name in COLUMNS])
same("XLSX: the same headings", headings(beside)[: len(COLUMNS)], headings(alone))
called = "{ employees: name people: employees founded: establishedOn yuan: revenueYuan gap { since } }"
same("Arrow: an alias decides no type", [str(field.type) for field in arrow(called)], [str(arrow(alone).field(name).type) for name in ("name", "employees", "establishedOn", "revenueYuan")] + ["date32[day]"])
book = openpyxl.load_workbook(io.BytesIO(get(f"/export/gap.xlsx?lang=zh&columns={quote(called)}")[2]))
(row,) = book.worksheets[0].iter_rows(min_row=2, max_row=2, values_only=True)
check("XLSX: an alias decides no type", isinstance(row[0], str) and isinstance(row[1], (int, float, type(None))), row)
flags = arrow("membersExceedStaff")
same("Arrow: a truth value", str(flags.field(0).type), "bool")
check("Arrow: it is said of everybody", flags.column(0).null_count == 0, flags.column(0).null_count)
end()
