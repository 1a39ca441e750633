package weir.rules.unknown_paths_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.unknown_paths
import rego.v1

test_denies_writing_an_unknown_class if {
	given.ids(unknown_paths.deny) == {"unknown_paths.unknown_touched"} with input as given.write("a.xyz", "unknown")
}

test_denies_reading_an_unknown_class if {
	given.ids(unknown_paths.deny) == {"unknown_paths.unknown_touched"} with input as given.read("a.xyz", "unknown")
}

test_denies_a_class_nobody_defined if {
	given.ids(unknown_paths.deny) == {"unknown_paths.unknown_touched"} with input as given.write("a.ts", "sources")
}

test_denies_an_empty_class if {
	given.ids(unknown_paths.deny) == {"unknown_paths.unknown_touched"} with input as given.write("a.ts", "")
}

test_lets_every_known_class_pass if {
	every class in {"source", "test", "docs", "config", "dependency", "ci", "policy", "secret", "generated", "outside"} {
		count(unknown_paths.deny) == 0 with input as given.read("a", class)
	}
}
