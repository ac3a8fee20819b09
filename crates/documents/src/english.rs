//! What the words that documents print of a case are in English: grades, kinds of vehicles, impact parts, the
//! weather, and articles of law. What people wrote stays as they wrote it.

/// The English of a printed term, with what stands behind it in brackets; the term itself where nobody gave one.
pub(crate) fn term(term: &str) -> String {
    let known = |term: &str| TERMS.iter().find(|(chinese, _)| *chinese == term).map(|(_, english)| *english);
    if let Some(english) = known(term) {
        return english.to_owned();
    }
    match term.split_once('（') {
        Some((before, note)) => {
            let note = phrases(note.strip_suffix('）').unwrap_or(note));
            known(before).map_or_else(|| term.to_owned(), |before| format!("{before} ({note})"))
        }
        None => term.to_owned(),
    }
}

/// A sentence that the rules made around words of people: what the rules made is put into English.
pub(crate) fn phrases(text: &str) -> String {
    PHRASES.iter().fold(text.to_owned(), |text, (chinese, english)| text.replace(chinese, english))
}

/// Longer ones before those that are part of them.
const PHRASES: [(&str, &str); 38] = [
    (
        "调查及认定程序存在瑕疵，但不影响认定，经补正或者作出合理解释，维持原",
        "Procedure was flawed without effect on the result; after correction or explanation the act is upheld: ",
    ),
    ("补正或者解释：", " Correction or explanation: "),
    ("维持原道路交通事故认定。", "The determination is upheld."),
    ("维持原道路交通事故证明。", "The certificate is upheld."),
    ("事故成因仍需进一步调查，", "The cause needs further investigation; "),
    (
        "责令原办案单位重新调查、认定。",
        "the unit that handled the case is to investigate and determine anew.",
    ),
    ("原道路交通事故认定", "Of the determination: "),
    ("原道路交通事故证明", "Of the certificate: "),
    ("道路交通事故认定。", "the determination."),
    ("道路交通事故证明。", "the certificate."),
    ("调查及认定违反法定程序可能影响道路交通事故认定，", "procedure against the law that may affect it; "),
    ("事实不清，", "facts unclear; "),
    ("事实不清、", "facts unclear, "),
    ("主要证据不足", "main evidence insufficient"),
    ("适用法律错误", "law wrongly applied"),
    ("责任划分不公正", "liability unfairly divided"),
    (
        "各方采用“互碰自赔”方式，各自向本车交强险保险公司索赔",
        "Each party claims from the compulsory insurance of its own vehicle",
    ),
    ("各方互不赔偿，各自承担损失", "No party pays another; each bears its own loss"),
    ("按上列项目给付", "Paid as listed above"),
    ("；给付方式：", "; manner: "),
    ("；给付期限：", "; by: "),
    ("赔偿比例", "share of the damage "),
    ("有车损险的由车损险承担", "or by own vehicle insurance, where there is one"),
    ("未投保", "Uninsured"),
    ("临时驾驶许可", "temporary driving permit"),
    ("境外驾驶证", "foreign driving licence"),
    ("港澳居民证件", "document of a resident of Hong Kong or Macao"),
    ("台湾居民证件", "document of a resident of Taiwan"),
    ("外国人永久居留身份证", "permanent residence card of a foreigner"),
    ("军人证件", "military document"),
    ("其他证件", "other document"),
    ("护照", "passport"),
    ("电动自行车号牌", "plate of an e-bike"),
    ("临时号牌", "temporary plate"),
    ("军用号牌", "military plate"),
    ("使领馆号牌", "diplomatic plate"),
    ("境外号牌", "foreign plate"),
    ("其他号牌", "other plate"),
];

/// 甲 as A, 乙 as B, …; later parties have letters already.
pub(crate) fn role(role: &str) -> String {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    STEMS
        .chars()
        .zip('A'..='Z')
        .find(|(stem, _)| role.chars().eq([*stem]))
        .map_or_else(|| role.to_owned(), |(_, letter)| letter.to_string())
}

const TERMS: [(&str, &str); 72] = [
    ("全部责任", "Full liability"),
    ("主要责任", "Main liability"),
    ("同等责任", "Equal liability"),
    ("次要责任", "Secondary liability"),
    ("无责任", "No liability"),
    ("驾驶机动车", "Driving a motor vehicle"),
    ("驾驶非机动车", "Riding or driving a non-motor vehicle"),
    ("步行", "On foot"),
    ("小型汽车", "Car"),
    ("大型客车", "Bus"),
    ("货车", "Truck"),
    ("摩托车", "Motorcycle"),
    ("其他机动车", "Other motor vehicle"),
    ("电动自行车", "E-bike"),
    ("自行车", "Bicycle"),
    ("其他非机动车", "Other non-motor vehicle"),
    ("不详", "Not known"),
    ("右前角", "Front right corner"),
    ("右侧前部", "Right side, in front"),
    ("右侧中部", "Right side, in the middle"),
    ("右侧后部", "Right side, at the rear"),
    ("右后角", "Rear right corner"),
    ("后部", "Rear"),
    ("左后角", "Rear left corner"),
    ("左侧后部", "Left side, at the rear"),
    ("左侧中部", "Left side, in the middle"),
    ("左侧前部", "Left side, in front"),
    ("左前角", "Front left corner"),
    ("前部", "Front"),
    ("晴", "Clear"),
    ("晴天", "Clear"),
    ("多云", "Cloudy"),
    ("阴", "Overcast"),
    ("阴天", "Overcast"),
    ("雨", "Rain"),
    ("小雨", "Light rain"),
    ("中雨", "Rain"),
    ("大雨", "Heavy rain"),
    ("雪", "Snow"),
    ("小雪", "Light snow"),
    ("大雪", "Heavy snow"),
    ("雾", "Fog"),
    ("大雾", "Dense fog"),
    ("霾", "Haze"),
    ("大风", "Strong wind"),
    ("冰雹", "Hail"),
    ("追尾", "Rear-end collision"),
    ("追尾碰撞", "Rear-end collision"),
    ("正面碰撞", "Head-on collision"),
    ("侧面碰撞", "Side collision"),
    ("同向侧面碰撞", "Side collision, same direction"),
    ("对向侧面碰撞", "Side collision, opposite directions"),
    ("直角侧面碰撞", "Side collision at a right angle"),
    ("刮擦", "Scrape"),
    ("同向刮擦", "Scrape, same direction"),
    ("对向刮擦", "Scrape, opposite directions"),
    ("刮撞行人", "Collision with a pedestrian"),
    ("撞固定物", "Collision with a fixed object"),
    ("侧翻", "Overturning"),
    ("交强险", "Compulsory insurance"),
    ("商业三者险", "Commercial third-party insurance"),
    ("三者险", "Commercial third-party insurance"),
    ("车损险", "Own vehicle insurance"),
    ("自行承担", "Borne by the party itself"),
    (
        "未投保交强险，由本人在限额内承担",
        "The party itself, in place of compulsory insurance it did not have",
    ),
    ("本人支付", "Paid by the party itself"),
    ("本车交强险", "Own compulsory insurance"),
    ("车辆维修费", "Repair of the vehicle"),
    ("车上货物损失", "Goods on board"),
    ("施救拖车费", "Towing and recovery"),
    ("其他财产损失", "Other property"),
    ("互碰自赔", "Each party's own compulsory insurance"),
];

/// Laws by their Chinese names, without 中华人民共和国.
const LAWS: [(&str, &str); 10] = [
    ("道路交通安全法", "Road Traffic Safety Law"),
    ("道路交通安全法实施条例", "Regulations for the Implementation of the Road Traffic Safety Law"),
    ("道路交通事故处理程序规定", "Provisions on Procedures for Handling Road Traffic Accidents"),
    ("机动车交通事故责任强制保险条例", "Regulations on Compulsory Traffic Accident Liability Insurance"),
    (
        "公安机关办理行政案件程序规定",
        "Provisions on Procedures of Public Security Organs in Administrative Cases",
    ),
    ("民法典", "Civil Code"),
    ("人民调解法", "People's Mediation Law"),
    ("电子签名法", "Electronic Signature Law"),
    ("个人信息保护法", "Personal Information Protection Law"),
    ("民事诉讼法", "Civil Procedure Law"),
];

/// `《道路交通安全法》第四十三条第一项` as `Road Traffic Safety Law, art. 43, item 1`; a text that is no article of a known
/// law stays as it is.
pub(crate) fn article(text: &str) -> String {
    read_article(text).unwrap_or_else(|| text.to_owned())
}

fn read_article(text: &str) -> Option<String> {
    let (law, mut rest) = text.strip_prefix('《')?.split_once('》')?;
    let law = law.strip_prefix("中华人民共和国").unwrap_or(law);
    let (_, name) = LAWS.iter().find(|(chinese, _)| *chinese == law)?;
    let mut english = (*name).to_owned();
    for (unit, name) in [("条", "art."), ("款", "para."), ("项", "item")] {
        if let Some((number, left)) = numbered(rest, unit) {
            english.push_str(&format!(", {name} {number}"));
            rest = left;
        }
    }
    rest.trim().is_empty().then_some(english)
}

/// The number in `第…条`, and what comes behind.
fn numbered<'a>(text: &'a str, unit: &str) -> Option<(u32, &'a str)> {
    let (number, rest) = text.strip_prefix('第')?.split_once(unit)?;
    Some((chinese_number(number)?, rest))
}

/// Numbers of articles: up to 9999, in characters or digits, with brackets as in `（五）`.
fn chinese_number(text: &str) -> Option<u32> {
    let text = text.trim_matches(['（', '）', '(', ')']);
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (mut sum, mut digit) = (0_u32, None);
    for c in text.chars() {
        if let Some(value) = "零一二三四五六七八九".chars().position(|one| one == c) {
            digit = u32::try_from(value).ok();
            continue;
        }
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => return None,
        };
        sum += digit.take().unwrap_or(1) * unit;
    }
    Some(sum + digit.unwrap_or(0)).filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use domain::{
        case::{DamageKind, IdentityKind, RoadUser, UnusualPlateKind, VehicleKind},
        compensation::Layer,
        liability::{Grade, ImpactZone},
        role::PartyRole,
    };

    use super::*;

    #[test]
    fn every_word_that_the_rules_print_has_its_english() {
        let mut words: Vec<&str> = Grade::ALL.map(Grade::chinese).to_vec();
        words.extend(RoadUser::ALL.map(RoadUser::chinese));
        words.extend(VehicleKind::ALL.map(VehicleKind::chinese));
        words.extend((1..=12).map(|hour| ImpactZone::new(hour).expect("a zone").chinese()));
        words.extend(Layer::ALL.map(Layer::chinese));
        words.extend(DamageKind::ALL.map(DamageKind::chinese));
        for part in IdentityKind::ALL
            .map(IdentityKind::chinese)
            .into_iter()
            .chain(UnusualPlateKind::ALL.map(UnusualPlateKind::chinese))
        {
            assert!(phrases(part).is_ascii(), "{part}");
        }
        for word in words {
            assert!(term(word).is_ascii(), "{word}");
        }
        assert_eq!(term("主要责任（赔偿比例70%）"), "Main liability (share of the damage 70%)");
        assert_eq!(term("没有的词"), "没有的词");
        for role_of in (0..26).filter_map(PartyRole::nth) {
            assert_eq!(role(&role_of.chinese().to_string()), role_of.letter().to_string());
        }
    }

    #[test]
    fn what_the_rules_say_around_the_words_of_people_is_english_and_their_words_stay() {
        for (chinese, english) in [
            ("按上列项目给付；给付方式：微信转账。", "Paid as listed above; manner: 微信转账。"),
            ("维持原道路交通事故认定。", "The determination is upheld."),
            ("别的话", "别的话"),
        ] {
            assert_eq!(phrases(chinese), english);
        }
    }

    #[test]
    fn articles_are_named_in_english_and_everything_else_stays() {
        for (chinese, english) in [
            ("《中华人民共和国道路交通安全法》第四十三条", "Road Traffic Safety Law, art. 43"),
            (
                "《道路交通事故处理程序规定》第六十条第一款第二项",
                "Provisions on Procedures for Handling Road Traffic Accidents, art. 60, para. 1, item 2",
            ),
            ("《民法典》第一千二百一十三条", "Civil Code, art. 1213"),
            ("《道路交通安全法》第十条第（五）项", "Road Traffic Safety Law, art. 10, item 5"),
            ("《某市规定》第三条", "《某市规定》第三条"),
            ("《民法典》第三条之规定", "《民法典》第三条之规定"),
            ("《民法典》第某条", "《民法典》第某条"),
            ("四十三条", "四十三条"),
            ("", ""),
        ] {
            assert_eq!(article(chinese), english);
        }
    }

    #[test]
    fn every_article_that_the_rule_files_name_has_its_english() {
        for file in [
            include_str!("../../domain/rules/documents.toml"),
            include_str!("../../domain/rules/liability.toml"),
        ] {
            let articles = file.split('"').filter(|text| text.starts_with('《'));
            for text in articles.collect::<Vec<_>>() {
                assert!(!article(text).contains('《'), "{text}");
            }
        }
    }
}
