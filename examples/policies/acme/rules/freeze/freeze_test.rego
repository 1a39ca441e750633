package acme.rules.freeze_test

import data.acme.rules.freeze
import data.weir
import data.weir.lib.fixtures_test as given
import rego.v1

windows := [{"environments": ["TEST"], "from_ms": 1000, "until_ms": 2000, "why": "sales"}]

at(now_ms, environment) := object.union(given.write("src/a.ts", "source"), {"now_ms": now_ms, "environment": environment})

test_denies_a_change_within_the_window if {
	given.ids(freeze.deny) == {"freeze.frozen"} with input as at(1000, "TEST") with data.acme.data.freeze.windows as windows
}

test_is_over_when_the_window_ends if {
	count(freeze.deny) == 0 with input as at(2000, "TEST") with data.acme.data.freeze.windows as windows
}

test_leaves_other_environments_alone if {
	count(freeze.deny) == 0 with input as at(1500, "DEV") with data.acme.data.freeze.windows as windows
}

test_lets_reading_go_on if {
	reading := object.union(given.read("src/a.ts", "source"), {"now_ms": 1500, "environment": "TEST"})
	count(freeze.deny) == 0 with input as reading with data.acme.data.freeze.windows as windows
}

test_freezes_releases_too if {
	release := object.union(given.empty, {"kind": "release", "now_ms": 1500, "environment": "TEST"})
	given.ids(freeze.deny) == {"freeze.frozen"} with input as release with data.acme.data.freeze.windows as windows
}

test_is_asked if {
	answer := weir.decision with input as at(1500, "TEST") with data.acme.data.freeze.windows as windows
	answer.rule == "freeze.frozen"
}
