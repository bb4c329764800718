use super::*;
use proptest::prelude::*;

#[test]
fn phone_numbers_keep_their_ends_only() {
    for (text, masked) in [
        ("联系人张三13812345678", "联系人张三138****5678"),
        ("138-1234-5678、139 1234 5678", "138-****-5678、139 **** 5678"),
        ("13812345678,13912345679", "138****5678,139****5679"),
        ("+86 13812345678", "+86 138****5678"),
        ("(+86)138 1234 5678", "(+86)138 **** 5678"),
        ("008613812345678 / 8613812345678", "0086138****5678 / 86138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("tel13812345678；微信wx13812345678", "tel138****5678；微信wx138****5678"),
        ("13812345678@example.com", "138****5678@example.com"),
        ("0511-88881234转801", "0511-******34转801"),
        ("(025)8888 1234", "(025)**** **34"),
        ("01088881234", "010******34"),
        ("+86 511 8888 1234", "+86 511 **** **34"),
        ("+86-10-88881234", "+86-10-******34"),
        ("0511-8881234", "0511-*****34"),
        ("电话：88881234", "电话：******34"),
        ("手机：13812345678万经理", "手机：138****5678万经理"),
        ("+1 415 555 0100", "+1 4** *** **00"),
        ("+852 9123 4567", "+85* **** **67"),
    ] {
        assert_eq!(mask(text), masked, "{text}");
        assert_eq!(mask(masked), masked, "{masked}");
    }
}

#[test]
fn identity_numbers_keep_division_and_last_two() {
    for (text, masked) in [
        ("身份证11010519491231002X。", "身份证110105**********2X。"),
        ("110105 19491231 002x", "110105 ******** **2x"),
        ("１１０１０５１９４９１２３１００２Ｘ", "１１０１０５**********２Ｘ"),
        // The check character is wrong, but it names somebody all the same.
        ("110105194912310021", "110105**********21"),
        ("法人320311770706001", "法人320311*******01"),
    ] {
        assert_eq!(mask(text), masked, "{text}");
        assert_eq!(mask(masked), masked, "{masked}");
    }
    assert_eq!(check_character("11010519491231002"), Some('X'));
}

#[test]
fn amounts_codes_dates_and_service_numbers_stay() {
    for text in [
        "91321100MA1N13812345",
        "计划总投资18304000000元",
        "¥13812345678",
        "13812345678.00",
        "到位 13800000000 元，注册资本 15000000000 人民币",
        "USD 13812345678",
        "2026-11-23 至 2027-03-31",
        "400-820-8820、12345",
        "合同号 HT13812345678A",
        "a1381234567813812345678",
        "G06F13812345678/00X",
        "321100000012345",
        "20261123",
        "138 家企业、1234 人、5678 亩",
        "0.5%",
        "",
    ] {
        assert!(matches!(mask(text), Cow::Borrowed(t) if t == text), "{text} became {}", mask(text));
    }
}

fn readable(text: &str) -> usize {
    text.chars().filter(|&c| digit(c).is_some()).count()
}

/// Words that stand around numbers, none with a digit.
fn around() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "张总",
        "电话：",
        "（",
        "\n",
        "，",
        "联系 ",
        "手机:",
        "；",
        "、",
        "。",
        " (",
    ])
    .prop_map(str::to_string)
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "0", "1", "3", "8", "138", "1234", "5678", "0511", "88881234", "+86", "86", "-", " ", "*", ".", ",",
        "电话", "元", "X", "x", "a", "110105", "19491231", "（", "）", "/", "¥", "８", "+",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn masking_twice_is_masking_once_and_only_digits_change(text in soup()) {
        let once = mask(&text).into_owned();
        prop_assert_eq!(mask(&once), once.as_str());
        prop_assert_eq!(once.chars().count(), text.chars().count());
        for (was, is) in text.chars().zip(once.chars()) {
            prop_assert!(was == is || (is == '*' && (digit(was).is_some() || plain(was) == 'X')), "{} in {}", was, text);
        }
    }

    #[test]
    fn a_mobile_number_shows_seven_digits(
        second in 3u32..=9, rest in "[0-9]{9}", sep in prop::sample::select(vec!["", "-", " ", "  ", "－"]),
        before in around(), after in around(),
    ) {
        let text = format!("{before}1{second}{}{sep}{}{sep}{}{after}", &rest[..1], &rest[1..5], &rest[5..]);
        let masked = mask(&text).into_owned();
        prop_assert_eq!(readable(&masked), 7, "{} became {}", text, masked);
        prop_assert_eq!(masked.matches('*').count(), 4);
    }

    #[test]
    fn a_fixed_line_shows_its_area_and_two_digits(
        area in prop::sample::select(vec!["010", "021", "025", "0511", "0755", "0931"]), number in "[2-8][0-9]{7}",
        sep in prop::sample::select(vec!["", "-", " ", ")"]), before in around(), after in around(),
    ) {
        let text = format!("{before}{area}{sep}{number}{after}");
        let masked = mask(&text).into_owned();
        prop_assert_eq!(readable(&masked), area.len() + 2, "{} became {}", text, masked);
    }

    #[test]
    fn an_identity_number_shows_eight_characters(
        division in prop::sample::select(vec!["110105", "321102", "440305", "650104"]),
        year in 1930u32..2020, month in 1u32..=12, day in 1u32..=28, order in 0u32..1000,
        before in around(), after in around(),
    ) {
        let body = format!("{division}{year}{month:02}{day:02}{order:03}");
        let check = check_character(&body).unwrap();
        let masked = mask(&format!("{before}{body}{check}{after}")).into_owned();
        prop_assert_eq!(masked.matches('*').count(), 10);
        let shown = format!("{}**********{}{check}", &body[..6], &body[16..]);
        prop_assert!(masked.contains(&shown), "{}", masked);
    }

    #[test]
    fn amounts_stay(
        amount in 1u64..999_999_999_999, unit in prop::sample::select(vec!["元", "万元", "亿元", " 元", "美元", ".00元", "%", "股"]),
        before in prop::sample::select(vec!["总投资", "¥", "到位 ", "注册资本：", ""]),
    ) {
        let text = format!("{before}{amount}{unit}");
        prop_assert_eq!(mask(&text), text.as_str());
    }

    #[test]
    fn credit_codes_stay(kind in prop::sample::select(vec!["91", "92", "93", "12"]), body in "[0-9A-HJ-NPQRTUWXY]{9}") {
        const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        let stem = format!("{kind}321100{body}");
        let code = ALPHABET.chars().map(|c| format!("{stem}{c}")).find(|code| Uscc::parse(code).is_ok());
        // All digits, a day of birth at its place and the check character of a person: one in many thousands is hidden.
        if let Some(code) = code.filter(|code| check_character(code) != code.chars().last()) {
            let text = format!("企业{code}（存续）");
            prop_assert_eq!(mask(&text), text.as_str());
        }
    }
}

#[test]
fn json_keeps_its_numbers_and_hides_what_its_texts_say() {
    let json = r#"{"amount":13800138000,"note":"老王\n13812345678","contact_phone":"88881234","list":["11010519491231002X",1],"a":"1"}"#;
    let hidden = mask_json(json);
    assert_eq!(
        hidden,
        r#"{"amount":13800138000,"note":"老王\n138****5678","contact_phone":"******34","list":["110105**********2X",1],"a":"1"}"#
    );
    assert_eq!(mask_json(&hidden), hidden);
    assert_eq!(mask_json("13800138000"), "13800138000", "a number alone is JSON");
    assert_eq!(mask_json("电话 13812345678"), "电话 138****5678");
    assert_eq!(mask_json("\"电话 13812345678"), "\"电话 138****5678", "a broken text is masked all the same");
    assert_eq!(mask_json("null"), "null");
}
