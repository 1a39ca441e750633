package weir.rules.destructive_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.destructive
import rego.v1

test_denies_deleting_the_workspace if {
	given.ids(destructive.deny) == {"destructive.workspace_wiped"} with input as object.union(given.shell([["rm", "-rf", "x"]]), {"targets": [{"path": ".", "class": "source", "access": "delete"}]})
}

test_denies_deleting_everything_in_it if {
	given.ids(destructive.deny) == {"destructive.workspace_wiped"} with input as object.union(given.shell([["rm", "-rf", "x"]]), {"targets": [{"path": "*", "class": "source", "access": "delete"}]})
}

test_lets_a_folder_go if {
	count(destructive.deny) == 0 with input as object.union(given.shell([["rm", "-rf", "x"]]), {"targets": [{"path": "dist", "class": "source", "access": "delete"}]})
}

test_lets_the_workspace_be_read if {
	count(destructive.deny) == 0 with input as given.read(".", "source")
}

test_says_nothing_without_targets if {
	count(destructive.deny) == 0 with input as object.remove(given.shell([["ls"]]), ["targets"])
}
