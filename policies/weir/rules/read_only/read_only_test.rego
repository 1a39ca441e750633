package weir.rules.read_only_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.read_only
import rego.v1

prod(call) := object.union(call, given.holding("author", "PROD"))

test_lets_a_role_read_in_prod if {
	every call in [given.read("src/a.ts", "source"), object.union(given.shell([["ls"]]), {"permission": "review"}), given.fetch(null)] {
		count(read_only.deny) == 0 with input as prod(call)
	}
}

test_denies_changes_in_prod if {
	every call in [given.write("src/a.ts", "source"), given.file("other", "chat", {"path": "a", "class": "docs", "access": "delete"}), given.shell([["npm", "test"]]), object.union(given.write("a", "docs"), {"permission": "review", "targets": []})] {
		given.ids(read_only.deny) == {"read_only.environment"} with input as prod(call)
	}
}

test_denies_a_change_whatever_its_class_needs if {
	given.ids(read_only.deny) == {"read_only.environment"} with input as prod(given.write("README.md", "docs")) with data.weir.data.paths.needs as {"docs": "review"}
}

test_lets_scratch_files_be_written_in_prod if {
	count(read_only.deny) == 0 with input as prod(object.union(given.shell([["ls"]]), {"permission": "review", "targets": [{"path": "/tmp/a", "class": "outside", "access": "write"}]}))
}

test_a_grant_opens_the_environment if {
	every word in ["allow", "queue"] {
		count(read_only.deny) == 0 with input as prod(given.write("src/a.ts", "source")) with data.weir.data.grants.author as {"PROD": {"edit": word}}
		count(read_only.deny) == 0 with input as prod(object.union(given.write("package.json", "dependency"), {"permission": "dependency"})) with data.weir.data.grants.author as {"PROD": {"dependency": word}}
	}
}

test_a_grant_to_review_opens_nothing if {
	given.ids(read_only.deny) == {"read_only.environment"} with input as prod(object.union(given.write("src/a.ts", "source"), {"permission": "review"}))
}

test_says_nothing_in_dev if {
	count(read_only.deny) == 0 with input as given.write("src/a.ts", "source")
	count(read_only.deny) == 0 with input as prod(given.write("src/a.ts", "source")) with data.weir.data.environments as {}
}
