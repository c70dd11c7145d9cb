//! The error pages.

use std::collections::BTreeSet;

use chainwright_contracts::{
    codes::{self, Code, PAGES},
    policy::PolicyProblem,
};

use crate::support::files;

const SECTIONS: [&str; 3] = ["What happened", "What it means for the chain", "What to do"];

#[test]
fn every_page_belongs_to_a_code_and_every_code_has_a_page() {
    let stored: Vec<_> = files("errors", "md").into_iter().map(|(name, _)| name).collect();
    let known: Vec<_> = PAGES.iter().map(|explained| explained.code.to_string()).collect();
    assert_eq!(stored, known);
}

#[test]
fn every_problem_of_a_policy_file_can_be_explained() {
    for problem in PolicyProblem::ALL {
        assert!(codes::explain(problem.code().parse().unwrap()).is_some(), "{}", problem.code());
    }
}

#[test]
fn a_page_is_titled_with_its_code_and_has_the_three_sections_and_no_others() {
    for explained in PAGES {
        let code = explained.code;
        assert!(explained.page.starts_with(&format!("# {code}: {}\n", explained.title())), "{code}");
        assert!(!explained.title().is_empty() && !explained.title().ends_with('.'), "{code}");
        let headings: Vec<_> = explained.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, SECTIONS, "{code}");
        for section in explained.page.split("\n## ").skip(1) {
            let (_, text) = section.split_once('\n').unwrap();
            assert!(!text.trim().is_empty(), "{code} says nothing in {section:?}");
        }
    }
}

#[test]
fn no_two_codes_share_a_title() {
    let titles: BTreeSet<_> = PAGES.iter().map(codes::Explained::title).collect();
    assert_eq!(titles.len(), PAGES.len());
}

#[test]
fn a_code_that_does_not_exist_has_no_page() {
    assert_eq!(codes::explain(Code::new(9999)), None);
}

/// The nouns of the command line, with the verbs of each; none where the noun stands alone.
const COMMANDS: [(&str, &str); 20] = [
    ("demo", ""),
    ("dev", ""),
    ("worker", ""),
    ("policy", "validate simulate apply get describe delete slots pause unpause"),
    ("session", "start get describe"),
    ("backup", "create get describe delete"),
    ("chain", "get describe verify reconcile release"),
    ("point", "describe hold unhold"),
    ("copy", "backfill"),
    ("prune", "plan apply"),
    ("retention", "reapply"),
    ("restore", "plan create get"),
    ("drill", "start get"),
    ("catalog", "init rebuild drift"),
    ("dlq", "list show replay drop"),
    ("queue", "list"),
    ("doctor", ""),
    ("health", ""),
    ("simcloud", ""),
    ("explain", ""),
];

#[test]
fn a_page_names_only_commands_that_the_program_has() {
    for explained in PAGES {
        let page = explained.page.replace('\n', " ");
        for command in page.split("`chainwright ").skip(1) {
            let mut words = command.split('`').next().unwrap().split(' ');
            let noun = words.next().unwrap();
            let (_, verbs) = COMMANDS.iter().find(|(known, _)| *known == noun).unwrap_or_else(|| panic!("{noun}"));
            if !verbs.is_empty() {
                let verb = words.next().unwrap_or_default();
                assert!(verbs.split(' ').any(|known| known == verb), "{}: {noun} {verb}", explained.code);
            }
        }
    }
}
