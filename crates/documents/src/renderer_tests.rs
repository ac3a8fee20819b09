//! What a typeset document must hold, seen through the pages themselves.

use domain::document::{
    Bilingual, DocumentKind, DrawnImage, MediationResult, PartyLine, PaymentLine, RightLine, SignatureLine,
};
use typst::layout::{Frame, FrameItem};

use super::*;
use crate::specimen;

const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

fn text_of(frame: &Frame, text: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => text_of(&group.frame, text),
            FrameItem::Text(run) => text.push_str(&run.text),
            _ => {}
        }
    }
}

/// The words on each page, without spaces: lines break anywhere.
fn pages(renderer: &Renderer, paper: &Paper, language: Language) -> Vec<String> {
    let document = renderer.set(paper, language).expect("typesets");
    let page = |frame: &Frame| {
        let mut text = String::new();
        text_of(frame, &mut text);
        plain(&text)
    };
    document.pages().iter().map(|one| page(&one.frame)).collect()
}

fn printed(paper: &Paper, language: Language) -> String {
    pages(&renderer(), paper, language).concat()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

fn renderer() -> Renderer {
    Renderer::new().expect("loads")
}

fn papers() -> Vec<Paper> {
    specimen::papers().expect("the rules hold")
}

fn paper(kind: DocumentKind) -> Paper {
    papers().into_iter().find(|paper| paper.kind() == kind).expect("every kind")
}

/// A determination, changed.
fn changed(change: impl FnOnce(&mut domain::document::DeterminationPaper)) -> Paper {
    let Paper::Determination(mut inside) = paper(DocumentKind::Determination) else { unreachable!() };
    change(&mut inside);
    inside.into()
}

/// A black diagonal stroke on a transparent ground.
fn png(side: u32) -> Vec<u8> {
    let stroke = image::RgbaImage::from_fn(side, 40, |x, y| {
        image::Rgba([0, 0, 0, if (x * 40).abs_diff(y * side) < 3 * side { 255 } else { 0 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    stroke.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// What all kinds print of the accident, by R146 §21 and §24.
const CORE: [&str; 7] = [
    "KC20261123-7Q2M9KXD",
    "淄博市公安局交通警察支队张店大队",
    "淄博市张店区柳泉路与人民路交叉口北侧约200米",
    "张三",
    "第1页共",
    "扫码核验",
    "https://kuaichu.example/v/7q2m9kxd41htzb8w7q2m9kxd41",
];

/// What all kinds with all parties print of each.
const PARTIES: [&str; 11] = [
    "当事人甲",
    "当事人乙",
    "王㛃𬱖",
    "370303199001011234",
    "13805330000",
    "驾驶机动车",
    "小型汽车",
    "鲁CD12345",
    "中国人民财产保险股份有限公司淄博市分公司",
    "PDZA202637030000123456",
    "碰撞部位",
];

#[test]
fn every_kind_prints_every_field_that_it_must_have() {
    let expected: [(DocumentKind, &[&str]); 6] = [
        (
            DocumentKind::Determination,
            &[
                "道路交通事故认定书（简易程序）",
                "认字",
                "2026年11月23日08时15分",
                "晴",
                "追尾碰撞",
                "因未与前车保持",
                "现场示意图",
                "第四十三条第一项",
                "当事人甲（张三）承担全部责任",
                "当事人乙（王㛃𬱖）无责任",
                "4,680.50元",
                "8,180.50元",
                "商业三者险",
                "2,980.50元",
                "给付期限：2026年12月31日前",
                "已电子签名",
                "拒绝签名，由交通警察注明。理由：当事人认为修车时间过长，不愿签名",
                "送达",
                "本人已查收",
                "交通警察（签名）：李四警号：037123",
                "认定时间：2026年11月23日08时47分",
                "交通事故处理专用章",
                "申请复核",
                "3个工作日",
                "提起民事诉讼",
            ],
        ),
        (
            DocumentKind::Agreement,
            &[
                "自行协商协议书",
                "协字",
                "事故经过",
                "晴",
                "追尾碰撞",
                "全部责任",
                "当事人签名",
                "协议提出时间",
                "不适用复核",
            ],
        ),
        (
            DocumentKind::Certificate,
            &[
                "道路交通事故证明",
                "证字",
                "查明的事实",
                "相互矛盾",
                "第六十七条",
                "送达",
                "李四",
                "交通事故处理专用章",
                "申请复核",
            ],
        ),
        (
            DocumentKind::MediationRecord,
            &[
                "调解记录",
                "调字",
                "认字",
                "损失项目及金额",
                "赔偿方案",
                "履行方式和期限",
                "第九十三条",
                "主持调解的交通警察",
                "当事人签名",
            ],
        ),
        (
            DocumentKind::NoticeOfRights,
            &[
                "权利义务告知书",
                "告字",
                "申请复核",
                "期限至2026年11月26日",
                "申请回避",
                "如实陈述的义务",
                "告知时间",
            ],
        ),
        (
            DocumentKind::ReviewConclusion,
            &[
                "复核结论",
                "复字",
                "认字",
                "我认为对方车速过快",
                "维持原道路交通事故认定",
                "经复核",
                "李四",
                "赵六",
                "030045",
            ],
        ),
    ];
    for (kind, words) in expected {
        let printed = printed(&paper(kind), Language::Chinese);
        let of_parties: &[&str] = if kind == DocumentKind::NoticeOfRights { &[] } else { &PARTIES };
        for word in CORE.iter().chain(of_parties).chain(words) {
            assert!(printed.contains(word), "{kind:?}: {word} is missing in {printed}");
        }
        assert!(!printed.contains("〓") && !printed.contains("不详"), "{kind:?}");
        assert_eq!(printed.contains("专用章"), kind != DocumentKind::Agreement, "{kind:?}");
    }
}

#[test]
fn a_translation_says_on_every_page_that_it_is_one_and_bears_no_seal() {
    let renderer = renderer();
    for paper in papers() {
        let pages = pages(&renderer, &paper, Language::English);
        for (index, page) in pages.iter().enumerate() {
            assert!(page.contains("Thisisatranslationforreadingonly;theChinesetextcounts."), "{page}");
            assert!(page.contains(&format!("Page{}of{}", index + 1, pages.len())));
        }
        let all = pages.concat();
        assert!(all.contains(&plain(&paper.head().wording.title.en)) && all.contains("Scantoverify"));
        assert!(all.contains(&plain(&paper.head().wording.title.zh)), "the document's own name is there");
        assert!(!all.contains("交通事故处理专用章"));
    }
    let english = printed(&paper(DocumentKind::Determination), Language::English);
    for words in [
        "23 November 2026, 08:15 (UTC+8)",
        "Driving a motor vehicle",
        "Rear-end collision",
        "Party A (张三): Full liability.",
        "Road Traffic Safety Law, art. 43, item 1",
        "Commercial third-party insurance",
        "CNY 2,980.50",
        "Refused to sign, noted by the officer. Reason: 当事人认为修车时间过长",
        "served online with the party's consent, and opened",
        "within 3 working days from service",
        "Officer No.: 037123",
    ] {
        assert!(english.contains(&plain(words)), "{words} is missing in {english}");
    }
    let notice = printed(&paper(DocumentKind::NoticeOfRights), Language::English);
    assert!(notice.contains(&plain("Until the end of 26 November 2026.")), "{notice}");
}

#[test]
fn the_same_paper_gives_the_same_bytes_in_any_renderer() {
    let (first, second) = (renderer(), renderer());
    let mark = b"<pdfaid:part>2<";
    for paper in papers() {
        for language in LANGUAGES {
            let bytes = first.render(&paper, language).expect("renders");
            assert!(bytes.starts_with(b"%PDF-") && bytes.windows(mark.len()).any(|part| part == mark));
            assert!(bytes == second.render(&paper, language).expect("renders"), "{:?}", paper.kind());
        }
    }
}

#[test]
fn a_paper_that_was_kept_gives_the_same_bytes() {
    for paper in papers() {
        let kept: Paper =
            serde_json::from_str(&serde_json::to_string(&paper).expect("JSON")).expect("a paper");
        assert_eq!(kept, paper);
    }
}

#[test]
fn markup_in_any_text_prints_as_it_is() {
    let hostile =
        "#panic() *粗* $x^2$ _斜_ `c` \\ <l> @r = 题 // 注 [b] {b} #import \"/x\" https://x.example";
    let marks =
        ["#panic()", "*粗*", "$x^2$", "_斜_", "`c`", "\\<l>", "@r", "=题", "//注", "[b]{b}", "#import\"/x\""];
    let renderer = renderer();
    for paper in papers() {
        let paper = everywhere(paper, hostile);
        for language in LANGUAGES {
            let printed = pages(&renderer, &paper, language).concat();
            for mark in marks {
                assert!(printed.matches(mark).count() >= 8, "{:?}: {mark} was read as markup", paper.kind());
            }
        }
    }
}

/// The paper with this in the place of every text but roles, sketch and address.
fn everywhere(paper: Paper, text: &str) -> Paper {
    fn put(value: &mut Value, name: &str, text: &str) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| put(field, name, text)),
            Value::Array(items) => items.iter_mut().for_each(|item| put(item, name, text)),
            Value::String(old) => {
                let kept = [
                    "kind",
                    "role",
                    "to",
                    "from",
                    "state",
                    "result",
                    "verification_url",
                    "sketch",
                    "requested_by",
                ];
                if !kept.contains(&name) && old.parse::<DateTime<Utc>>().is_err() {
                    text.clone_into(old);
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(&paper).expect("JSON");
    put(&mut value, "", text);
    serde_json::from_value(value).expect("a paper")
}

#[test]
fn controls_directions_and_pictures_in_text_neither_break_nor_hide_anything() {
    let hostile = "王\u{202e}三\u{0}\u{7}\u{1b}[31m\u{200f}四😀👨‍👩‍👧\u{fe0f}\u{feff}\u{e815}";
    let renderer = renderer();
    for paper in papers() {
        let paper = everywhere(paper, hostile);
        for language in LANGUAGES {
            let printed = pages(&renderer, &paper, language).concat();
            assert!(printed.contains("王三[31m四〓"), "{printed}");
            assert!(printed.contains(if language == Language::Chinese {
                "超出字库"
            } else {
                "notinthefont"
            }));
            assert!(!printed.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200f}' | '😀')));
        }
    }
}

#[test]
fn every_character_that_the_font_claims_can_be_exported() {
    let renderer = renderer();
    let font = renderer.press.font().clone();
    let odd: String = (0x20..0x3000_u32)
        .chain(0xfe00..=0xffff)
        .chain(0x1_f000..0x1_f300)
        .filter_map(char::from_u32)
        .filter(|c| font.info().coverage.contains(u32::from(*c)))
        .collect();
    renderer.render(&changed(|paper| paper.facts = odd), Language::Chinese).expect("renders");
}

#[test]
fn rare_characters_of_names_are_printed() {
    let paper = changed(|paper| paper.head.parties[0].name = Some("㛃𬱖𬘘䶮𠅤𫖯".into()));
    let printed = printed(&paper, Language::Chinese);
    assert!(printed.contains("㛃𬱖𬘘䶮𠅤𫖯") && !printed.contains('〓'));
}

#[test]
fn unknown_and_blank_fields_print_as_not_known() {
    let nothing = PartyLine {
        role: "甲".into(),
        name: Some(" \n ".into()),
        identity: None,
        phone: None,
        transport_mode: None,
        vehicle_kind: None,
        plate: None,
        insurer: None,
        policy_number: None,
        impact: None,
        remarks: Vec::new(),
    };
    let paper = changed(|paper| {
        paper.head.weather = None;
        paper.head.place = String::new();
        paper.head.parties = vec![nothing];
        paper.accident_form = None;
        paper.facts = " \n".into();
        paper.liability.clear();
        paper.articles.clear();
        paper.officer.name = String::new();
        paper.signatures.clear();
        paper.sketch = None;
        paper.mediation = None;
        paper.services.clear();
        paper.rights.clear();
    });
    let chinese = printed(&paper, Language::Chinese);
    assert!(chinese.matches("不详").count() >= 14, "{chinese}");
    assert!(chinese.contains("未共同请求调解") && chinese.contains("尚未送达"));
    assert!(printed(&paper, Language::English).matches("notknown").count() >= 14);
}

#[test]
fn how_a_party_took_part_is_printed_beside_it() {
    let remark = Bilingual::new("由王小明（子女）协助", "helped by 王小明 (子女)");
    let paper = changed(|paper| paper.head.parties[0].remarks = vec![remark]);
    assert!(printed(&paper, Language::Chinese).contains("由王小明（子女）协助"));
    assert!(printed(&paper, Language::English).contains("helpedby王小明"));
}

#[test]
fn an_ended_mediation_says_why() {
    let at = "2026-11-23T01:00:00Z".parse().expect("an instant");
    let reason = Bilingual::new("当事人不同意调解", "a party does not consent");
    let paper = changed(|paper| paper.mediation = Some(MediationResult::Ended { at, reason }));
    assert!(
        printed(&paper, Language::Chinese).contains("调解终止：当事人不同意调解（2026年11月23日09时00分）")
    );
    assert!(printed(&paper, Language::English).contains("Mediationended:apartydoesnotconsent"));
}

#[test]
fn many_parties_and_long_texts_go_on_to_further_pages_under_the_head() {
    let paper = changed(|paper| {
        let one = paper.head.parties[0].clone();
        paper.head.parties = ["甲", "乙", "丙", "丁", "戊", "己", "庚"]
            .map(|role| PartyLine { role: role.into(), ..one.clone() })
            .to_vec();
        paper.facts = paper.facts.repeat(12);
        let line = paper.signatures[1].clone();
        paper.signatures = paper
            .head
            .parties
            .iter()
            .map(|party| SignatureLine { role: party.role.clone(), ..line.clone() })
            .collect();
        if let Some(MediationResult::Agreed { payments, .. }) = &mut paper.mediation {
            *payments = (0..60).map(|fen| PaymentLine { fen, ..payments[0].clone() }).collect();
        }
    });
    let renderer = renderer();
    for language in LANGUAGES {
        let pages = pages(&renderer, &paper, language);
        assert!(pages.len() >= 5, "{} pages", pages.len());
        for (index, page) in pages.iter().enumerate() {
            let numbering = match language {
                Language::Chinese => format!("第{}页共{}页", index + 1, pages.len()),
                Language::English => format!("Page{}of{}", index + 1, pages.len()),
            };
            assert!(page.contains(&numbering), "page {} has no {numbering}", index + 1);
            let title = plain(&domain_title(&paper, language));
            assert!(page.contains(&title) && page.contains(paper.number()), "page {} has no head", index + 1);
        }
        assert!(pages.concat().contains(if language == Language::Chinese {
            "当事人庚"
        } else {
            "PartyG"
        }));
    }
}

fn domain_title(paper: &Paper, language: Language) -> String {
    crate::words::pick(&paper.head().wording.title, language)
}

#[test]
fn a_name_that_fills_more_than_a_page_runs_on_instead_of_off_the_sheet() {
    let paper = changed(|paper| {
        paper.head.parties[0].name = Some("W".repeat(3_000));
        paper.head.unit_name = "淄博市公安局交通警察支队".repeat(8);
        paper.head.number = "认字".repeat(60);
    });
    assert!(pages(&renderer(), &paper, Language::Chinese).len() >= 4);
}

#[test]
fn the_longest_allowed_text_renders_and_a_longer_one_is_refused() {
    let renderer = renderer();
    let of_length = |letters| changed(|paper| paper.facts = "W".repeat(letters));
    assert!(pages(&renderer, &of_length(8_000), Language::Chinese).len() > 1);
    let refused = RenderError::TooMuch { what: "bytes of text", most: MOST_BYTES_OF_DATA };
    assert_eq!(renderer.render(&of_length(MOST_BYTES_OF_DATA), Language::Chinese), Err(refused));
}

#[test]
fn more_parties_than_there_are_roles_are_refused() {
    let paper = changed(|paper| paper.head.parties = vec![paper.head.parties[0].clone(); 27]);
    let refused = Err(RenderError::TooMuch { what: "parties", most: 26 });
    assert_eq!(renderer().render(&paper, Language::Chinese), refused);
}

#[test]
fn a_drawn_signature_is_printed_and_a_broken_one_is_named() {
    let renderer = renderer();
    let drawn = |bytes: Vec<u8>, language| {
        renderer.render(&changed(|paper| paper.signatures[0].image = Some(DrawnImage(bytes))), language)
    };
    let without = renderer.render(&paper(DocumentKind::Determination), Language::Chinese).expect("renders");
    let images = |pdf: &[u8]| pdf.windows(14).filter(|part| part == b"/Subtype/Image").count();
    let with = drawn(png(120), Language::Chinese).expect("renders");
    assert!(images(&with) > images(&without), "the picture is there");
    assert_eq!(
        images(&drawn(png(120), Language::English).expect("renders")),
        0,
        "a translation is not signed"
    );
    let mut cut = png(120);
    cut.truncate(40);
    for broken in [Vec::new(), b"<svg/>".to_vec(), cut, png(5_000), vec![0; 2 << 20]] {
        let refused = Err(RenderError::SignatureImage { position: 1 });
        assert_eq!(drawn(broken, Language::Chinese), refused);
    }
}

#[test]
fn a_sketch_that_is_no_plain_drawing_is_left_out_and_said_to_be_missing() {
    for (sketch, missing) in [
        (
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><rect width=\"9\" height=\"9\"/></svg>",
            false,
        ),
        ("<svg><script/></svg>", true),
        ("", true),
    ] {
        let paper = changed(|paper| paper.sketch = Some(sketch.to_owned()));
        for language in LANGUAGES {
            let words = match language {
                Language::Chinese => "示意图未能印出",
                Language::English => "Thesketchcouldnotbeprinted",
            };
            assert_eq!(printed(&paper, language).contains(words), missing, "{sketch}");
        }
    }
}

#[test]
fn without_a_drawn_seal_there_is_a_place_for_one() {
    let with_ink = renderer().without_seal();
    let paper = paper(DocumentKind::Certificate);
    let text = pages(&with_ink, &paper, Language::Chinese).concat();
    assert!(text.contains("交通事故处理专用章") && !text.contains("印章由系统按单位名称生成"));
    assert!(printed(&paper, Language::Chinese).contains("印章由系统按单位名称生成"));
    assert_ne!(with_ink.render(&paper, Language::Chinese), renderer().render(&paper, Language::Chinese));
}

#[test]
fn a_right_without_a_known_end_names_none() {
    let paper = changed(|paper| {
        paper.rights = vec![RightLine {
            title: Bilingual::new("甲权", "right"),
            text: Bilingual::new("可以。", "May."),
            until: None,
            articles: Vec::new(),
        }];
    });
    let text = printed(&paper, Language::Chinese);
    assert!(text.contains("1.甲权：可以。") && !text.contains("期限至"));
}

#[test]
fn an_address_that_makes_no_qr_code_is_refused() {
    for address in [String::new(), "  ".into(), "https://例.example/".into(), "x".repeat(4_000)] {
        let paper = changed(|paper| paper.head.verification_url = address);
        assert_eq!(renderer().render(&paper, Language::Chinese), Err(RenderError::VerificationUrl));
    }
}

#[test]
fn a_renderer_can_be_shared_between_threads() {
    let renderer = renderer();
    let paper = paper(DocumentKind::Determination);
    let papers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| renderer.render(&paper, Language::Chinese))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic").expect("renders")).collect()
    });
    assert!(papers.windows(2).all(|pair| pair[0] == pair[1]));
}
