//! `policy simulate`: every point that a policy would make of one resource.

use chainwright_chain::simulate::{SimulatedPoint, simulate};

use super::{
    Over,
    file::{Scene, scene},
};
use crate::output::{self, Answer, Format};

/// Lists the points of the slots in the interval, by side, then slot.
pub(super) fn run(over: &Over, format: Format) -> Answer {
    let Scene { policy, region } = match scene(over) {
        Ok(scene) => scene,
        Err(answer) => return answer,
    };
    let simulation = simulate(&policy, &region, over.from, over.to);
    let answer = match format {
        Format::Table => {
            Answer::done(output::table(["CHAIN", "SLOT", "FLAGS", "REMOVED AT"], simulation.points.iter().map(row)))
        }
        Format::Json => output::json(&simulation),
    };
    if policy.file().paused {
        return answer.remarking(format!("policy {} is paused; the simulation ignores that", policy.file().policy));
    }
    answer
}

fn row(point: &SimulatedPoint) -> [String; 4] {
    let flags: Vec<_> = point.flags.iter().map(|(flag, expiry)| format!("{flag} until {expiry}")).collect();
    let removed = point.removed_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    [point.chain.to_string(), point.slot.to_string(), flags.join(", "), removed]
}

#[cfg(test)]
mod tests {
    use crate::{output::Exit, policy::tests::answer};

    #[test]
    fn points_are_listed_by_chain_and_slot() {
        insta::assert_snapshot!(answer("simulate @gold.yaml --from 2026-01-05 --to 2026-01-10").text, @r#"
        CHAIN              SLOT                  FLAGS                                                                                                    REMOVED AT
        copy:eu-central-1  2026-01-05T06:00:00Z  daily until 2026-01-12T06:00:00Z                                                                         -
        copy:eu-central-1  2026-01-05T10:00:00Z  daily until 2026-01-12T10:00:00Z                                                                         -
        copy:eu-central-1  2026-01-06T06:00:00Z  daily until 2026-01-13T06:00:00Z                                                                         -
        copy:eu-central-1  2026-01-06T10:00:00Z  daily until 2026-01-13T10:00:00Z                                                                         -
        copy:eu-central-1  2026-01-07T06:00:00Z  daily until 2026-01-14T06:00:00Z                                                                         -
        copy:eu-central-1  2026-01-07T10:00:00Z  daily until 2026-01-14T10:00:00Z                                                                         -
        copy:eu-central-1  2026-01-08T06:00:00Z  daily until 2026-01-15T06:00:00Z                                                                         -
        copy:eu-central-1  2026-01-08T10:00:00Z  daily until 2026-01-15T10:00:00Z                                                                         -
        copy:eu-central-1  2026-01-09T06:00:00Z  daily until 2026-01-16T06:00:00Z                                                                         -
        copy:eu-central-1  2026-01-09T10:00:00Z  daily until 2026-01-16T10:00:00Z                                                                         -
        regular            2026-01-05T06:00:00Z  daily until 2026-01-08T06:00:00Z, weekly until 2026-01-19T06:00:00Z, monthly until 2026-07-05T05:00:00Z  -
        regular            2026-01-05T10:00:00Z  daily until 2026-01-08T10:00:00Z                                                                         2026-01-08T10:00:00Z
        regular            2026-01-06T06:00:00Z  daily until 2026-01-09T06:00:00Z                                                                         2026-01-09T06:00:00Z
        regular            2026-01-06T10:00:00Z  daily until 2026-01-09T10:00:00Z                                                                         2026-01-09T10:00:00Z
        regular            2026-01-07T06:00:00Z  daily until 2026-01-10T06:00:00Z                                                                         -
        regular            2026-01-07T10:00:00Z  daily until 2026-01-10T10:00:00Z                                                                         -
        regular            2026-01-08T06:00:00Z  daily until 2026-01-11T06:00:00Z                                                                         -
        regular            2026-01-08T10:00:00Z  daily until 2026-01-11T10:00:00Z                                                                         -
        regular            2026-01-09T06:00:00Z  daily until 2026-01-12T06:00:00Z                                                                         -
        regular            2026-01-09T10:00:00Z  daily until 2026-01-12T10:00:00Z                                                                         -
        "#);
    }

    #[test]
    fn the_data_has_the_form_that_is_promised() {
        let answer = answer("simulate @gold.yaml --from 2026-01-05 --to 2026-01-05T08:00:00Z -o json");
        insta::assert_snapshot!(answer.text, @r#"
        {
          "points": [
            {
              "chain": "copy:eu-central-1",
              "slot": "2026-01-05T06:00:00Z",
              "flags": {
                "daily": "2026-01-12T06:00:00Z"
              },
              "removed_at": null
            },
            {
              "chain": "regular",
              "slot": "2026-01-05T06:00:00Z",
              "flags": {
                "daily": "2026-01-08T06:00:00Z",
                "weekly": "2026-01-19T06:00:00Z",
                "monthly": "2026-07-05T05:00:00Z"
              },
              "removed_at": null
            }
          ]
        }
        "#);
        assert!(answer.remarks.is_empty());
    }

    #[test]
    fn a_paused_policy_is_simulated_and_that_is_said() {
        let answer = answer("simulate @analytics.json --from 2026-01-05 --to 2026-01-06 -o json");
        assert_eq!(answer.exit, Exit::Done);
        assert_eq!(answer.remarks, ["policy analytics is paused; the simulation ignores that"]);
        let data: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(data["points"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn the_region_chooses_the_copy_and_must_be_the_policys() {
        let from_london = answer("simulate @files.yaml --from 2026-01-05 --to 2026-01-06 --region eu-west-2");
        assert!(from_london.text.contains("copy:eu-central-1"), "{}", from_london.text);
        let elsewhere = answer("simulate @files.yaml --from 2026-01-05 --to 2026-01-06 --region us-east-1");
        assert_eq!(elsewhere.exit, Exit::Usage);
    }
}
