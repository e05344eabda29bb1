//! More pairs of names, kind by kind: how a name is written, numbers, places, trades, 字号, branches, English, unions.
//! All names are invented.

use crate::link_kinds::Expected::{self, Different, Person, Same};
use crate::link_kinds::{pairs, wrong};

fn come_out(kinds: &[(&str, &str, &str, Expected)]) {
    let wrong = wrong(&pairs(kinds));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn how_a_name_is_written_and_what_clerks_put_beside_it_is_not_the_name() {
    come_out(&[
        ("北京珞嵐達貿易有限公司", "北京珞岚达贸易有限公司", "unions", Same),
        ("北京珞昭文化有限公司", "北京珞·昭文化有限公司。", "tax", Same),
        ("珞凯(北京)商贸有限公司", "珞凯北京商贸有限公司", "social_insurance", Same),
        ("北京珞霁钟表有限公司", "北京珞霁鐘錶有限公司", "tax", Same),
        ("北京珞里程汽车租赁有限公司", "北京珞裏程汽車租賃有限公司", "tax", Same),
        ("北京珞周末餐饮有限公司", "北京珞週末餐飲有限公司", "social_insurance", Same),
        ("北京珞骥商贸有限公司", "北京珞骥商贸有限公司（新）", "tax", Same),
        ("北京珞骧装饰有限公司", "北京珞骧装饰有限公司（筹）", "tax", Same),
        ("北京珞楠广告有限公司", "北京珞楠广告有限公司（非正常户）", "tax", Same),
        ("北京珞楸印刷有限公司", "北京珞楸印刷有限公司（已吊销）", "tax", Same),
        ("北京珞藜建材有限公司", "（注销）北京珞藜建材有限公司", "tax", Same),
        ("北京珞荻家具有限公司", "*北京珞荻家具有限公司", "social_insurance", Same),
        ("北京珞芃超市", "北京珞芃超市（个人独资企业）", "tax", Same),
        ("北京珞萱茶庄", "北京珞萱茶庄（个体）", "tax", Same),
        ("北京珞薏幼儿园", "北京珞薏幼儿园（民办）", "social_insurance", Same),
        ("北京珞丰机械有限公司", "北京珞乾机械有限公司", "tax", Different),
    ]);
}

#[test]
fn numbers_places_trades_and_brands_that_differ_make_two_firms() {
    come_out(&[
        ("北京市第三珞桁工程有限公司", "北京市第四珞桁工程有限公司", "unions", Different),
        ("北京珞冶第一机械厂", "北京珞冶第二机械厂", "statistics", Different),
        ("北京珞运出租汽车一公司", "北京珞运出租汽车二公司", "social_insurance", Different),
        ("中铁珞轨十六局集团有限公司", "中铁珞轨16局集团有限公司", "unions", Same),
        ("北京珞岭科技有限公司", "天津珞岭科技有限公司", "tax", Different),
        ("北京市昌平区珞泉砂石厂", "北京市房山区珞泉砂石厂", "statistics", Different),
        ("北京珞信通建筑有限公司", "北京珞信通科技有限公司", "tax", Different),
        ("北京珞基业电子有限公司", "北京珞基业环保有限公司", "social_insurance", Different),
        ("北京珞澍建筑工程有限公司", "北京珞澍装饰工程有限公司", "unions", Different),
        ("北京珞鸿达物流有限公司", "北京珞宏达物流有限公司", "social_insurance", Person),
        ("北京珞未来教育咨询有限公司", "北京珞末来教育咨询有限公司", "social_insurance", Person),
        ("北京新珞科技有限公司", "北京珞新科技有限公司", "tax", Different),
        ("北京珞崧商贸有限公司", "北京新珞崧商贸有限公司", "tax", Different),
        ("北京珞岑实验工厂有限责任公司", "北京珞岑实验工厂", "social_insurance", Person),
        ("北京珞岙宾馆有限公司", "北京珞岙宾馆", "unions", Same),
        ("京珞方科技有限公司", "北京珞方科技有限公司", "tax", Person),
        ("北京珞途汽车制造有限公司", "北珞汽集团", "social_insurance", Different),
    ]);
}

#[test]
fn branches_and_establishments_are_told_from_their_firm_also_where_its_form_is_left_out() {
    come_out(&[
        ("珞嵊（上海）贸易有限公司北京分公司", "珞嵊（上海）贸易有限公司", "unions", Different),
        ("北京珞峒餐饮有限公司", "北京珞峒餐饮有限公司国贸分店", "social_insurance", Different),
        ("北京珞垚证券有限公司", "北京珞垚证券有限公司朝阳门营业部", "unions", Different),
        ("北京珞工机床有限公司", "北京珞工机床有限公司二车间工会", "unions", Same),
        ("北京珞纺织造有限公司", "北京珞纺织造有限公司职工食堂", "social_insurance", Same),
        ("北京珞燕餐饮管理有限公司望京营业部", "北京珞燕餐饮管理望京营业部", "social_insurance", Same),
        ("北京珞雁餐饮管理有限公司平谷餐厅", "北京珞雁餐饮管理平谷餐厅", "unions", Same),
        ("北京珞岫能源集团有限公司第八分公司", "北京珞岫能源集团有限责任第八分公司", "tax", Same),
        ("北京珞鸾商贸有限责任公司珞鸾棋牌俱乐部", "北京珞鸾商贸有限责任珞鸾棋牌俱乐部", "unions", Same),
        ("北京珞鹂科技发展有限公司平谷营业部", "北京珞鹂科技发展有限公司密云营业部", "tax", Different),
    ]);
}

#[test]
fn english_names_are_read_by_any_reading_of_their_brand() {
    come_out(&[
        ("珞晟贸易（北京）有限公司", "Luosheng Trading (Beijing) Co., Ltd.", "social_insurance", Same),
        ("珞焘科技（北京）有限公司", "Beijing Luotao Technology Co Ltd", "unions", Same),
        ("北京珞重机械有限公司", "LUOZHONG MACHINERY CO., LTD", "social_insurance", Same),
        ("北京珞行物流有限公司", "Luohang Logistics (Beijing) Limited", "tax", Same),
        ("北京珞柏广告有限公司", "Beijing Luosong Advertising Co., Ltd.", "tax", Different),
    ]);
}

#[test]
fn unions_go_to_the_host_that_they_name_and_to_a_person_where_they_name_none() {
    come_out(&[
        ("北京珞苓医药有限公司", "北京珞苓医药有限公司工会工作委员会", "unions", Same),
        ("北京珞茯化工有限公司", "北京珞茯化工有限公司机关工会", "unions", Same),
        ("北京珞荠环保有限公司", "望京街道珞荠大厦联合工会", "unions", Different),
        ("北京珞蕤广告有限公司", "望京街道珞蕤广告有限公司工会", "unions", Same),
        ("北京珞萁广告有限公司", "北京市朝阳区望京街道办事处珞萁广告有限公司工会委员会", "unions", Same),
        ("北京珞蓟广场商业管理有限公司", "珞蓟广场联合工会委员会", "unions", Person),
        ("北京珞藿贸易有限公司", "北京珞藿贸易有限公司等联合工会", "unions", Person),
        ("北京珞芷科技有限公司", "北京珞芷科技有限公司与北京砚芷广告有限公司联合工会", "unions", Person),
    ]);
}

#[test]
fn what_tells_parts_of_a_row_from_each_other_is_no_slip_and_a_number_is_one_however_written() {
    come_out(&[
        ("北京珞沣壹号投资中心（有限合伙）", "北京珞沣贰号投资中心（有限合伙）", "social_insurance", Different),
        ("北京珞湜Ⅰ期股权投资中心（有限合伙）", "北京珞湜Ⅱ期股权投资中心（有限合伙）", "social_insurance", Different),
        ("北京珞津A座商务有限公司", "北京珞津B座商务有限公司", "social_insurance", Different),
        ("北京珞汀甲号置业有限公司", "北京珞汀乙号置业有限公司", "social_insurance", Different),
        ("北京珞洄东区物业管理有限公司", "北京珞洄西区物业管理有限公司", "social_insurance", Different),
        ("北京珞浦南站商业管理有限公司", "北京珞浦北站商业管理有限公司", "social_insurance", Different),
        ("北京珞淏A轮投资中心（有限合伙）", "北京珞淏B轮投资中心（有限合伙）", "social_insurance", Different),
        ("北京珞淬α投资中心（有限合伙）", "北京珞淬β投资中心（有限合伙）", "social_insurance", Different),
        ("北京珞淦一期投资基金（有限合伙）", "北京珞淦1期投资基金（有限合伙）", "social_insurance", Same),
        ("北京珞涣壹号投资中心（有限合伙）", "北京珞涣1号投资中心（有限合伙）", "social_insurance", Same),
        ("北京珞一零一中学", "北京珞101中学", "social_insurance", Same),
        ("北京珞廿一世纪科技有限公司", "北京珞二十一世纪科技有限公司", "tax", Same),
        ("北京珞叁零贰科技有限公司", "北京珞302科技有限公司", "tax", Same),
        ("北京市珞八十中学", "北京市珞八一中学", "unions", Different),
    ]);
}

#[test]
fn an_english_name_of_another_place_trade_or_branch_is_another_firms_and_one_without_a_form_is_for_a_person() {
    come_out(&[
        ("Luojun Trading (Shanghai) Co., Ltd.", "Luojun Trading (Beijing) Co., Ltd.", "social_insurance", Different),
        ("珞骏贸易（天津）有限公司", "Tianjin Luojun Trading Co., Ltd.", "social_insurance", Same),
        ("珞骐贸易（深圳）有限公司", "Beijing Luoqi Trading Co., Ltd.", "social_insurance", Different),
        ("上海珞骓科技有限公司", "Luozhui Technology (Beijing) Co., Ltd.", "social_insurance", Different),
        ("珞晔科技（上海）有限公司", "Luoye Technology (Beijing) Co., Ltd.", "social_insurance", Different),
        ("北京珞都科技有限公司", "Luodou Technology (Beijing) Co., Ltd.", "social_insurance", Same),
        ("北京珞骝科技有限公司", "Luoliu Biotechnology (Beijing) Co., Ltd.", "social_insurance", Different),
        ("北京珞骕科技有限公司", "Luosu Technology (Beijing) Co., Ltd. Shanghai Branch", "social_insurance", Different),
        ("北京珞骖科技有限公司", "Luocan Technology Second Branch", "social_insurance", Different),
        ("北京珞禛商贸有限公司", "Luozhen Trading", "social_insurance", Person),
        ("珞颢电子（北京）有限公司", "Luohao Electronics Beijing", "social_insurance", Person),
    ]);
}

#[test]
fn usual_homophones_standard_variants_and_forms_that_matter_are_for_a_person() {
    come_out(&[
        ("北京天诚伟业科技有限公司", "北京天成伟业科技有限公司", "social_insurance", Person),
        ("北京珞钧商贸有限公司", "北京珞均商贸有限公司", "social_insurance", Person),
        ("北京珞徵商贸有限公司", "北京珞征商贸有限公司", "social_insurance", Person),
        ("北京珞於商贸有限公司", "北京珞于商贸有限公司", "social_insurance", Person),
        ("北京珞穀商贸有限公司", "北京珞谷商贸有限公司", "social_insurance", Person),
        ("北京珞崑商贸有限公司", "北京珞昆商贸有限公司", "social_insurance", Person),
        ("北京甯珞科技有限公司", "北京宁珞科技有限公司", "tax", Person),
        ("北京珞薹商贸有限公司", "北京珞台商贸有限公司", "tax", Person),
        ("珞韬（中国）投资有限公司", "珞韬投资有限公司", "social_insurance", Person),
        ("北京珞潼科技股份有限公司", "北京珞潼科技有限公司", "social_insurance", Person),
        ("北京珞灏集团有限公司", "北京珞灏有限公司", "tax", Person),
        ("北京珞绮医药有限公司", "北京珞绮医药集团工会", "unions", Person),
    ]);
}

#[test]
fn remarks_on_the_account_and_unions_around_a_name_are_not_the_name() {
    come_out(&[
        ("北京珞瀚商贸有限公司", "北京珞瀚商贸有限公司（报验登记）", "tax", Same),
        ("北京珞烁商贸有限公司", "北京珞烁商贸有限公司（个转企）", "tax", Same),
        ("北京珞琎商贸有限公司", "北京珞琎商贸有限公司（欠税）", "tax", Same),
        ("北京珞玚商贸有限公司", "北京珞玚商贸有限公司（一般纳税人）", "tax", Same),
        ("北京珞璜商贸有限公司", "北京珞璜商贸有限公司（走逃失联）", "tax", Same),
        ("北京珞箬医药有限公司", "中国工会北京珞箬医药有限公司委员会", "unions", Same),
        ("北京珞秋医药有限公司", "北京珞秋医药有限公司第一党支部工会", "unions", Same),
    ]);
}
