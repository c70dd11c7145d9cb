//! `policy slots`: when a policy's sessions would run.

use chainwright_chain::calendar::Slot;
use chainwright_contracts::{flag::Flag, jobs::Side};
use serde_json::{Value, json};

use super::{
    Over,
    file::{Scene, scene},
};
use crate::output::{self, Answer, Format};

/// Lists the slots in the interval, each with its local time, flags, and the copy Region of its points.
pub(super) fn run(over: &Over, format: Format) -> Answer {
    let scene = match scene(over) {
        Ok(scene) => scene,
        Err(answer) => return answer,
    };
    let slots = scene.policy.calendar().slots(over.from, over.to);
    match format {
        Format::Table => {
            let row = |slot: Slot| {
                let flags: Vec<_> = slot.flags.iter().map(|flag| flag.name()).collect();
                [
                    slot.at.to_string(),
                    local(&scene, &slot),
                    flags.join(", "),
                    copied_to(&scene, &slot).unwrap_or_default(),
                ]
            };
            Answer::done(output::table(["SLOT", "LOCAL TIME", "FLAGS", "COPIED TO"], slots.map(row)))
        }
        Format::Json => {
            let row = |slot: Slot| -> Value {
                let flags: Vec<&Flag> = slot.flags.iter().collect();
                json!({"slot": slot.at, "local": local(&scene, &slot), "flags": flags, "copied_to": copied_to(&scene, &slot)})
            };
            output::json(&json!({"slots": slots.map(row).collect::<Vec<_>>()}))
        }
    }
}

fn local(scene: &Scene, slot: &Slot) -> String {
    let zoned = slot.at.to_zoned(scene.policy.calendar().zone().clone());
    zoned.strftime("%a %Y-%m-%d %H:%M %:z").to_string()
}

fn copied_to(scene: &Scene, slot: &Slot) -> Option<String> {
    let sides = scene.policy.sides(&scene.region, slot.at, &slot.flags);
    sides.keys().find_map(Side::copied_to).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use crate::{output::Exit, policy::tests::answer};

    #[test]
    fn slots_are_listed_with_local_time_flags_and_copy_region() {
        let answer = answer("slots @gold.yaml --from 2026-01-01 --to 2026-01-06");
        assert_eq!(answer.exit, Exit::Done);
        insta::assert_snapshot!(answer.text, @r#"
        SLOT                  LOCAL TIME                   FLAGS                   COPIED TO
        2026-01-01T06:00:00Z  Thu 2026-01-01 07:00 +01:00  daily, yearly           eu-central-1
        2026-01-01T10:00:00Z  Thu 2026-01-01 11:00 +01:00  daily                   eu-central-1
        2026-01-02T06:00:00Z  Fri 2026-01-02 07:00 +01:00  daily                   eu-central-1
        2026-01-02T10:00:00Z  Fri 2026-01-02 11:00 +01:00  daily                   eu-central-1
        2026-01-05T06:00:00Z  Mon 2026-01-05 07:00 +01:00  daily, weekly, monthly  eu-central-1
        2026-01-05T10:00:00Z  Mon 2026-01-05 11:00 +01:00  daily                   eu-central-1
        "#);
    }

    #[test]
    fn slots_are_data_too() {
        let answer = answer("slots @gold.yaml --from 2026-01-05 --to 2026-01-05T07:00:00Z -o json");
        let data: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let expected = serde_json::json!({"slots": [{
            "slot": "2026-01-05T06:00:00Z",
            "local": "Mon 2026-01-05 07:00 +01:00",
            "flags": ["daily", "weekly", "monthly"],
            "copied_to": "eu-central-1",
        }]});
        assert_eq!(data, expected);
    }

    #[test]
    fn an_interval_that_ends_before_it_begins_is_a_usage_error() {
        assert_eq!(answer("slots @gold.yaml --from 2026-01-06 --to 2026-01-05").exit, Exit::Usage);
    }
}
