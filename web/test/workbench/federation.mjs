// An invented federation over the simulated city: units of every district and street, places, posts, services, agreements,
// collections, targets and an appraisal. Every name and number is made up; what is brought again is unchanged.
import assert from 'node:assert/strict';
import { ask } from './city.mjs';

const SOURCE = '演示名册（虚构）';
const year = new Date().getFullYear();
const lines = (head, rows) => [head, ...rows.map((row) => row.join(','))].join('\n') + '\n';

async function bring(url, noun, sheet) {
  const { importFederation } = await ask(
    url,
    `mutation ($input: ImportFederationInput!) { importFederation(input: $input) { kept faults { line message } userErrors { message } } }`,
    { input: { noun, sheet, source: SOURCE } },
  );
  assert.deepEqual([importFederation.faults, importFederation.userErrors], [[], []], noun);
}

/** The part of an address that most enterprises of a district share: a building of the invented city. */
function buildings(addresses) {
  const counts = new Map();
  for (const address of addresses) {
    const name = /\d+号(?:院)?([\u4e00-\u9fff]{2,6}(?:写字楼|大厦|广场|中心|科技园))/.exec(address ?? '')?.[1];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
}

/** What the tests and pictures need to know of it. */
export async function federated(url, city) {
  const data = await ask(
    url,
    `query ($district: [String!]) { cities: areas(level: CITY) { code } districts: areas(level: DISTRICT) { code name labelPoint { longitude latitude } }
       towns: areas(level: TOWN) { code name parent { code } }
       enterprises(first: 200, filter: { area: $district }) { nodes { name address creditCode } }
       lacking: gap(first: 6) { nodes { creditCode name } } }`,
    { district: [city.district] },
  );
  const { districts, towns } = data;
  const of = (code) => towns.filter((town) => town.parent.code === code);
  const isFounded = (at) => at % 8 === 3;
  const level = (name) => (name.endsWith('街道') ? '街道' : '乡镇');
  const street = towns.map((town, at) => [
    `S${town.code}`,
    `${town.name}总工会`,
    level(town.name),
    `D${town.parent.code}`,
    town.code,
    '',
    '',
    isFounded(at) ? '社会工作者' : '',
    isFounded(at) ? `${year}-0${1 + (at % 7)}-1${at % 9}` : '',
    at % 3 === 0 ? `${year - 1}-12-31` : `${year + 1}-11-30`,
  ]);
  // One street changes its mind: its former version stays. It does so once.
  const [late] = of(city.district);
  const lateAt = towns.indexOf(late);
  const changed = street[lateAt].with(9, `${year + 1}-12-31`);
  const dueBefore = street[lateAt][9];
  const { unionUnit: known } = await ask(url, 'query ($code: String!) { unionUnit(code: $code) { dueOn } }', { code: changed[0] });
  if (known?.dueOn === changed[9]) street[lateAt] = changed;
  const names = buildings(data.enterprises.nodes.map((e) => e.address));
  const building = names[0] ?? data.enterprises.nodes.find((e) => (e.address?.length ?? 0) > 4).address.slice(-6);
  await bring(
    url,
    'UNIT',
    lines('代码,名称,层级,上级代码,区划代码,行业代码,地址,主席职务,成立日期,完成期限', [
      ['BJ', '示例市总工会', '市', '', '110000', '', '', '主席', '1950-02-01', ''],
      ...districts.map((d) => [`D${d.code}`, `${d.name}总工会`, '区', 'BJ', d.code, '', '', '主席', '1950-05-01', '']),
      ...street,
      ['I-IND', '示例工业工会', '产业', 'BJ', '', 'C', '', '主席', '1951-05-01', ''],
      ['I-CON', '示例建筑工会', '产业', 'BJ', '', 'E', '', '主席', '1951-06-01', ''],
      ['B-DEMO', `${building}联合工会`, '楼宇', `D${city.district}`, '', '', building, '', '', `${year + 1}-06-30`],
    ]),
  );
  await bring(url, 'UNIT', lines('代码,名称,层级,上级代码,区划代码,行业代码,地址,主席职务,成立日期,完成期限', [changed]));

  const near = (d, n) => [(d.labelPoint.longitude + ((n * 37) % 11) / 90 - 0.056).toFixed(4), (d.labelPoint.latitude + ((n * 53) % 9) / 120 - 0.035).toFixed(4)];
  const home = districts.find((d) => d.code === city.district);
  const other = districts.find((d) => d.code !== city.district);
  await bring(
    url,
    'PLACE',
    lines('编号,名称,类别,单位代码,地址,区划代码,经度,纬度,服务项目,党建工作站,社会工作站,工会服务站,驻站人数', [
      ...districts.map((d, n) => [`C${d.code}`, `${d.name}职工服务中心`, '服务中心', `D${d.code}`, `${d.name}示例路 ${n + 1} 号`, d.code, ...near(d, 5), '争议调解;法律援助;困难帮扶', '否', '否', '是', 6 + (n % 5)]),
      ...towns.filter((_, n) => n % 4 === 0).map((town, n) => {
        const d = districts.find((one) => one.code === town.parent.code);
        return [`T${town.code}`, `${town.name}服务站`, '服务站', `S${town.code}`, '', town.code, ...near(d, n), '争议调解;就业服务', '否', n % 2 ? '是' : '否', '是', 1 + (n % 3)];
      }),
      ['B1', building, '楼宇', `D${city.district}`, `${home.name}${building}`, city.district, ...near(home, 2), '', '是', '是', '是', 2],
      ['B2', '示例跨区大厦', '楼宇', `D${city.district}`, '', `${city.district};${other.code}`, ...near(home, 7), '', '', '', '', 0],
      ['P1', '示例科技园', '园区', `D${city.district}`, '', city.district, ...near(home, 3), '培训', '是', '', '是', 3],
    ]),
  );
  const inside = data.enterprises.nodes.filter((e) => e.address?.includes(building) && e.creditCode !== null);
  const outside = data.enterprises.nodes.filter((e) => !(e.address ?? '').includes(building) && e.creditCode !== null);
  await bring(
    url,
    'LISTING',
    lines('楼宇编号,企业', [...inside.slice(1, 4), ...outside.slice(0, 2)].map((e) => ['B1', e.creditCode]).concat([['B1', '查无此名示例有限公司']])),
  );

  const kinds = ['工会社会工作者', '协管员', '大学生协管员'];
  await bring(
    url,
    'POST',
    lines('单位代码,岗位,编制,在岗,派任主席,补贴,截至日期', [
      ...districts.map((d, n) => [`D${d.code}`, '工会社会工作者', 12 + (n % 4), 9 + (n % 5), n % 3, 48000, `${year}-06-30`]),
      ...towns.filter((_, n) => n % 3 === 0).map((town, n) => [`S${town.code}`, kinds[n % 3], 2 + (n % 3), 1 + (n % 3), n % 4 === 0 ? 1 : 0, n % 2 ? 10000 : '', `${year}-06-30`]),
    ]),
  );
  const services = ['会员服务卡', '培训', '困难帮扶', '争议调解', '法律援助', '热线', '宣传品', '典型经验', '灵活就业人员入会'];
  await bring(
    url,
    'SERVICE',
    lines(
      '单位代码,服务项目,期间,数量',
      districts.flatMap((d, n) =>
        services.flatMap((service, s) => [3, 4, 5, 6, 7, 8].map((month) => [`D${d.code}`, service, `${year}-0${month}`, 5 + ((n * 7 + s * 13 + month * 5) % 60) * (s === 0 ? 9 : 1)])),
      ),
    ),
  );
  const [lackA, lackB] = data.lacking.nodes.filter((e) => e.creditCode !== null);
  await bring(
    url,
    'DISPATCH',
    lines('单位代码,派遣单位,用工单位,协议日期,2%条款,派遣人数,会员人数,入会单位,家政护理认定依据', [
      [`D${city.district}`, '示例家政服务有限公司', '示例医院', `${year}-01-15`, '是', 120, 96, '派遣单位', '国民经济行业分类 80（示例）'],
      [`D${city.district}`, '示例家政服务有限公司', lackA.creditCode, `${year}-03-01`, '否', 45, 12, '用工单位', '国民经济行业分类 80（示例）'],
      [`D${other.code}`, '示例人力资源有限公司', lackB.creditCode, `${year}-02-01`, '是', 80, 60, '派遣单位', ''],
      [`D${other.code}`, '示例人力资源有限公司', '示例工厂', '', '否', 30, 0, '派遣单位', ''],
    ]),
  );
  await bring(
    url,
    'COLLECTION',
    lines(
      '单位代码,开始日期,领导小组,所属期,工资总额,工会经费,建会筹备金,返还比例,返还依据,税务合计',
      districts.slice(0, 3).flatMap((d, n) =>
        [`${year - 2}Q4`, `${year}Q1`, `${year}Q2`, `${year}Q3`].map((period, q) => {
          const payroll = 40_000_000 + n * 9_000_000 + q * 1_500_000;
          const paid = Math.round(payroll * 0.02 * (0.7 + 0.06 * q));
          return [`D${d.code}`, `${year - 2}-07-01`, n === 0 ? '示例代收工作领导小组' : '', period, payroll, Math.round(paid * 0.8), Math.round(paid * 0.15), n === 2 ? '' : 60, n === 2 ? '' : '示例返还办法第四条', q === 3 ? '' : Math.round(paid * 0.95) + (n === 1 ? 2500 : 0)];
        }),
      ),
    ),
  );
  await bring(
    url,
    'WORK',
    lines(
      '单位代码,年度,指标,数值',
      [year, year - 1].flatMap((y) =>
        [...districts.map((d) => `D${d.code}`), ...of(city.district).map((town) => `S${town.code}`)].flatMap((unit, n) => [
          [unit, y, 'service', 12 + ((n * 11 + y * 3) % 40)],
          [unit, y, 'information', (n * 5 + y) % 12],
          [unit, y, 'establishment', 3 + ((n * 7 + y) % 20)],
        ]),
      ),
    ),
  );
  const rule = (id, zh, en, per, cap, extra, article) =>
    `[[rule]]\nid = "${id}"\nindicator = "${id}"\nzh = "${zh}"\nen = "${en}"\nper = ${per}\ncap = ${cap}\n${extra}source = "示例考核办法${article}"\n`;
  for (const y of [year, year - 1]) {
    const rules = [
      rule('establishment', '组建', 'Establishment', 2, 40, '', '第二条'),
      rule('service', '服务', 'Service', 1, 40, '', '第三条'),
      rule('information', '信息', 'Information', 2, 20, 'floor = 1\npenalty = 5\n', '第四条'),
    ];
    await bring(url, 'APPRAISAL', `year = ${y}\n${rules.join('')}`);
  }
  await bring(url, 'OBJECTION', `编号,单位代码,年度,规则,异议内容,状态,答复,日期\nO1,D${city.district},${year},information,少计两期信息,OPEN,,${year}-09-01\n`);
  await bring(url, 'PILOT', `单位代码,开始日期,决定日期,区级领导小组\nD${city.district},${year - 2}-07-01,${year - 2}-05-31,示例代收工作领导小组\n`);
  await bring(url, 'KEY_POINT', `单位代码,年度,要点,完成日期\nD${city.district},${year},示例要点一,${year}-02-01\nD${other.code},${year},示例要点二,\n`);
  await bring(url, 'REWARD', `单位代码,年度,奖励,金额\nD${other.code},${year},示例一等奖,10000\n`);
  await bring(
    url,
    'FIGURE',
    'id,value,unit,reading,as_of,source,confidence\nX01,553,centres,示例：服务中心数,2009-12-31,示例讲话（虚构）,high\nX02,47,streets and towns,示例：已成立街乡总工会,2010-08-31,示例讲话（虚构）,high\nX03,20+,companies,示例：家政护理企业,2009-12-31,示例讲话（虚构）,medium\n',
  );
  const parts = of(city.district);
  const sheet = lines('单位代码,年度,指标,计量,任务', [
    ['BJ', year, 'net_new_units', '个', 900],
    ...districts.map((d, n) => [`D${d.code}`, year, 'net_new_units', '个', 30 + (n % 5) * 4]),
    ...parts.slice(0, 4).map((town) => [`S${town.code}`, year, 'net_new_units', '个', 5]),
  ]);
  const { importTargets } = await ask(url, `mutation ($s: String!) { importTargets(sheet: $s, source: "示例会议") { kept faults { line message } } }`, { s: sheet });
  assert.deepEqual(importTargets.faults, []);
  return { unit: `D${city.district}`, street: `S${late.code}`, dueBefore, dueNow: changed[9], building, founded: street.filter((line) => line[8] !== '').length, streets: street.length };
}
