# Client: LibreOffice
# Tried: XLSX and CSV open without repair and come out again with whole credit codes, days and numbers
# Needs: soffice
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
columns='id,name,creditCode,establishedOn,employees,revenueYuan'
curl -sf "$HUB/export/enterprises.xlsx?lang=en&columns=$columns" -o list.xlsx
curl -sf "$HUB/export/enterprises.csv?lang=en&columns=$columns" -o sheet.csv
curl -sf "$HUB/export/enterprises.csv?lang=en&columns=$columns&codes=plain" -o truth.csv
curl -sf "$HUB/export/enterprises.csv?lang=en&columns=$columns&encoding=gb18030" -o chinese.csv
# Each with a profile of its own: another LibreOffice of this machine stays as it is. 76 is UTF-8, 85 is GB18030; formulas of a CSV are read.
convert() {
  soffice -env:UserInstallation="file://$place/profile" --headless --convert-to "$2" --outdir "$3" ${4:+"--infilter=$4"} "$1" >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
}
mkdir from-xlsx from-csv from-chinese
convert list.xlsx 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' from-xlsx
convert sheet.csv 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' from-csv 'CSV:44,34,76,1,,0,false,true,false,false,false,-1'
convert chinese.csv 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' from-chinese 'CSV:44,34,85,1,,0,false,true,false,false,false,-1'
python3 - <<'PY'
import csv, sys

def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))

truth, failed = read("truth.csv"), False
for name in ("from-xlsx/list.csv", "from-csv/sheet.csv", "from-chinese/chinese.csv"):
    rows = read(name)
    wrong = [(a, b) for a, b in zip(truth, rows) if a[:3] != b[:3]]
    days = [(a[3], b[3]) for a, b in zip(truth[1:], rows[1:]) if a[3] != b[3]]
    staff = [(a[4], b[4]) for a, b in zip(truth[1:], rows[1:]) if a[4] != b[4].replace(",", "")]
    money = [(a[5], b[5]) for a, b in zip(truth[1:], rows[1:]) if a[5] and float(a[5]) != float(b[5].replace(",", ""))]
    print(f"{name}: {len(rows)} of {len(truth)} rows; ids, names, codes changed {len(wrong)}, days {len(days)}, counts {len(staff)}, money {len(money)}", (wrong or days or staff or money)[:2])
    failed |= len(rows) != len(truth) or bool(wrong or days or staff or money)
sys.exit(failed)
PY
