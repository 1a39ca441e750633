package weir.rules.conflicts_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.conflicts
import rego.v1

_over := object.union(given.write("src/a.ts", "source"), {"tool": {"native": "change-set", "protocol": "weir", "args": {"path": "src/a.ts", "conflict": true}}})

test_leaves_a_change_over_others_to_a_second_person if {
	given.ids(conflicts.pending) == {"conflicts.over_others"} with input as _over
}

test_lets_it_pass_once_approved if {
	count(conflicts.pending) == 0 with input as given.approved(_over, "bob@acme.test")
}

test_says_nothing_of_other_changes if {
	count(conflicts.pending) == 0 with input as object.union(_over, {"tool": {"args": {"conflict": false}}})
	count(conflicts.pending) == 0 with input as given.write("src/a.ts", "source")
}

test_does_not_read_the_word_of_an_agent if {
	count(conflicts.pending) == 0 with input as object.union(_over, {"tool": {"native": "write"}})
}
