//! What stopped an import, in the reader's language.
//!
//! The causes are written in English, once, where they arise; the ones that a person can mend are said in Chinese here.

use crate::text::Lang;

/// Part of a cause, and what to tell the reader instead.
const CAUSES: [(&str, &str); 17] = [
    ("no heading row", "文件没有表头：第一行要写明各列的名称，例如 企业名称。"),
    ("no column holds company names", "没有找到企业名称一列，请在核对列时指定。"),
    ("are both mapped to", "有两列对应到同一个字段，请在核对列时只保留一列。"),
    ("the file is empty", "文件是空的，请换一个文件。"),
    ("a JSON array", "这是一个 JSON 数组，请改成每行一个对象（JSON Lines）。"),
    ("unpacks to more than", "文件解压后过大，请拆分后导入。"),
    ("columns; the limit", "列数超过上限，请删去不用的列。"),
    ("has a cell in column", "列数超过上限，请删去不用的列（右侧远处可能有零星内容）。"),
    ("split the file", "行数超过上限，请拆分后导入。"),
    ("split it", "文件过大，请拆分后导入。"),
    ("save it as xlsx", "Excel 文件读不完整，请用 Excel 打开后另存为 xlsx 或 CSV。"),
    ("xls", "Excel 文件已损坏、有密码，或不是真正的 Excel 文件；请用 Excel 打开后另存为 xlsx 或 CSV。"),
    ("` is damaged", "Excel 文件已损坏，请用 Excel 打开后另存为 xlsx 或 CSV。"),
    ("a zone may have at most", "入驻企业超过一个园区的上限（200,000 家），请核对名单，或作为企业库导入。"),
    ("is being built", "另一个任务正在更新企业库，请等它结束后重新导入。"),
    ("uploads/", "上传的文件已被清理，请重新上传。"),
    ("No space left", "服务器磁盘已满，请找管理员清理后重新导入。"),
];

/// The cause in the reader's language; a cause that is not known is quoted, for the administrator.
#[must_use]
pub fn cause(error: &str, lang: Lang) -> String {
    if lang == Lang::En || error.is_empty() {
        return error.to_string();
    }
    match CAUSES.iter().find(|(part, _)| error.contains(part)) {
        Some((_, zh)) => (*zh).to_string(),
        None => format!("没有完成，原来的企业库照常可用。请把这段原文告诉管理员：{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::source::Source;

    #[test]
    fn what_a_person_can_mend_is_said_in_their_language() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        let files: [(&[u8], &str); 4] = [
            (b"", "空的"),
            (b"[{\"a\": 1}]", "JSON 数组"),
            (b"PK\x03\x04 no workbook", "另存为 xlsx"),
            (b"\xd0\xcf\x11\xe0 no workbook", "另存为 xlsx"),
        ];
        for (bytes, said) in files {
            std::fs::write(&path, bytes).unwrap();
            let error = Source::open(&path, None).err().map(|e| format!("{e:#}")).unwrap();
            let zh = cause(&error, Lang::Zh);
            assert!(zh.contains(said) && !zh.contains(&error), "{error}: {zh}");
            assert_eq!(cause(&error, Lang::En), error);
        }
        assert!(cause("something else", Lang::Zh).contains("something else"));
        assert_eq!(cause("", Lang::Zh), "");
    }
}
