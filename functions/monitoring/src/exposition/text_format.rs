//! OpenMetrics as the older text format, 0.0.4: the samples are the same, counters are declared by the name of their samples,
//! and units and the end are not said.

use std::collections::BTreeSet;

/// The same numbers in the older format.
pub(super) fn from_open_metrics(text: &str) -> String {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters = types.filter_map(|declared| declared.strip_suffix(" counter"));
    let counters: BTreeSet<&str> = counters.collect();
    let mut translated = String::with_capacity(text.len());
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), ..) => continue,
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(name) => {
                translated.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => translated.push_str(line),
        }
        translated.push('\n');
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_declares_counters_changes_and_only_the_end_goes() {
        let open_metrics = "# HELP a What a counts\n# TYPE a counter\n# UNIT a seconds\na_total{x=\"# EOF\"} 1\n\
             # HELP ab A gauge beside a counter\n# TYPE ab gauge\nab 2.5\n\
             # HELP b What b counts\n# TYPE b counter\n# EOF\n";
        let text = "# HELP a_total What a counts\n# TYPE a_total counter\na_total{x=\"# EOF\"} 1\n\
             # HELP ab A gauge beside a counter\n# TYPE ab gauge\nab 2.5\n\
             # HELP b_total What b counts\n# TYPE b_total counter\n";
        assert_eq!(from_open_metrics(open_metrics), text);
    }
}
