//! `explain CW####`: the page of an error code.

use chainwright_contracts::codes::{Code, explain};
use serde_json::json;

use crate::output::{self, Answer, Format};

/// Gives the page of `code`, as Markdown.
pub(crate) fn run(code: &str, format: Format) -> Answer {
    let Ok(parsed) = code.to_ascii_uppercase().parse::<Code>() else {
        return Answer::usage(format!("{code:?} is not a code; codes read such as CW0206"));
    };
    let Some(explained) = explain(parsed) else {
        return Answer::failed(format!("there is no code {parsed}"));
    };
    match format {
        Format::Table => Answer::done(explained.page.trim_end()),
        Format::Json => {
            output::json(&json!({"code": parsed.to_string(), "title": explained.title(), "page": explained.page}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Exit;

    #[test]
    fn a_code_is_explained_in_either_case() {
        let answer = run("cw0206", Format::Table);
        assert_eq!(answer.exit, Exit::Done);
        assert!(answer.text.starts_with("# CW0206"), "{}", answer.text);
        assert!(run("CW0206", Format::Json).text.contains("\"title\": \"A key is missing\""));
    }

    #[test]
    fn a_code_that_does_not_exist_fails_and_what_is_no_code_is_a_usage_error() {
        assert_eq!(run("CW9999", Format::Table).exit, Exit::Failed);
        assert_eq!(run("206", Format::Table).exit, Exit::Usage);
    }
}
