package weir.rules.secret_paths_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.secret_paths
import rego.v1

test_denies_reading_a_secret if {
	given.ids(secret_paths.deny) == {"secret_paths.secret_touched"} with input as given.read(".env", "secret")
}

test_denies_writing_a_secret if {
	given.ids(secret_paths.deny) == {"secret_paths.secret_touched"} with input as given.write("config/server.pem", "secret")
}

test_denies_deleting_a_secret if {
	given.ids(secret_paths.deny) == {"secret_paths.secret_touched"} with input as given.file("write-file", "edit", {"path": ".env", "class": "secret", "access": "delete"})
}

test_denies_a_secret_among_other_targets if {
	given.ids(secret_paths.deny) == {"secret_paths.secret_touched"} with input as object.union(given.shell([["cat", "a", ".env"]]), {"targets": [{"path": "a", "class": "source", "access": "read"}, {"path": ".env", "class": "secret", "access": "read"}]})
}

test_denies_an_approved_call_too if {
	given.ids(secret_paths.deny) == {"secret_paths.secret_touched"} with input as given.approved(given.read(".env", "secret"), "bob@acme.test")
}

test_lets_a_file_with_a_similar_name_pass if {
	count(secret_paths.deny) == 0 with input as given.read("src/secretary.ts", "source")
}

test_says_nothing_without_targets if {
	count(secret_paths.deny) == 0 with input as object.remove(given.read(".env", "secret"), ["targets"])
}
