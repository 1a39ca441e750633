package weir.rules.grants_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.grants
import rego.v1

test_allows_author_edit_in_dev if {
	given.ids(grants.permit) == {"grants.granted"} with input as given.write("src/a.ts", "source")
}

test_denies_author_edit_in_prod if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.write("src/a.ts", "source"), given.holding("author", "PROD"))
}

test_queues_contributor_edit_in_dev if {
	given.ids(grants.pending) == {"grants.needs_approval"} with input as object.union(given.write("src/a.ts", "source"), given.holding("contributor", "DEV"))
}

test_queued_edit_is_not_permitted if {
	count(grants.permit) == 0 with input as object.union(given.write("src/a.ts", "source"), given.holding("contributor", "DEV"))
}

test_denies_reader_edit if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.write("src/a.ts", "source"), given.holding("reader", "DEV"))
}

test_allows_reader_reading_in_prod if {
	given.ids(grants.permit) == {"grants.granted"} with input as object.union(given.read("src/a.ts", "source"), given.holding("reader", "PROD"))
}

test_denies_unknown_role if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.read("src/a.ts", "source"), given.holding("authors", "DEV"))
}

test_denies_null_role if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.read("src/a.ts", "source"), given.holding(null, "DEV"))
}

test_denies_unknown_environment if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.read("src/a.ts", "source"), given.holding("author", "dev"))
}

test_denies_null_permission if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.read("src/a.ts", "source"), {"permission": null})
}

test_missing_permission_is_not_permitted if {
	count(grants.permit) == 0 with input as object.remove(given.read("src/a.ts", "source"), ["permission"])
}

test_writing_a_pipeline_needs_publish_whatever_the_call_says if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as given.write(".github/workflows/ci.yml", "ci")
}

test_writing_a_manifest_is_queued_for_an_author if {
	given.ids(grants.pending) == {"grants.needs_approval"} with input as given.write("package.json", "dependency")
}

test_writing_policy_is_queued_for_an_operator if {
	given.ids(grants.pending) == {"grants.needs_approval"} with input as object.union(given.write("AGENTS.md", "policy"), given.holding("operator", "DEV"))
}

test_deleting_needs_the_permission_of_the_class_too if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as given.file("write-file", "edit", {"path": ".git/HEAD", "class": "ci", "access": "delete"})
}

test_reading_a_pipeline_needs_review_only if {
	given.ids(grants.permit) == {"grants.granted"} with input as given.read(".github/workflows/ci.yml", "ci")
}

test_a_second_person_turns_a_queued_call_into_an_allow if {
	given.ids(grants.permit) == {"grants.approved"} with input as given.approved(given.write("package.json", "dependency"), "bob@acme.test")
}

test_an_approved_call_is_no_longer_pending if {
	count(grants.pending) == 0 with input as given.approved(given.write("package.json", "dependency"), "bob@acme.test")
}

test_own_approval_changes_nothing if {
	given.ids(grants.pending) == {"grants.needs_approval"} with input as given.approved(given.write("package.json", "dependency"), given.alice.id)
}

test_an_approval_never_grants_what_is_not_granted if {
	given.ids(grants.deny) == {"grants.not_granted"} with input as given.approved(given.write(".github/workflows/ci.yml", "ci"), "bob@acme.test")
}

test_says_nothing_about_routes if {
	count(grants.permit) == 0 with input as given.route("read-meta")
	count(grants.deny) == 0 with input as given.route("read-meta")
}

# One question of each permission. A role that holds one permission alone gets that one and no other.
_asks := {
	"review": given.read("src/a.ts", "source"),
	"chat": object.union(given.model(100), {"kind": "tool-call", "permission": "chat", "model": null, "tool": given.tool("other", "question")}),
	"edit": given.write("src/a.ts", "source"),
	"dependency": given.file("run-shell", "dependency", {"path": "src/a.ts", "class": "source", "access": "read"}),
	"publish": given.file("run-shell", "publish", {"path": "src/a.ts", "class": "source", "access": "read"}),
}

test_each_permission_is_granted_alone if {
	every held, own in _asks {
		every asked, question in _asks {
			permits := given.ids(grants.permit) with input as object.union(question, given.holding("narrow", "DEV")) with data.weir.data.grants as {"narrow": {"DEV": {held: "allow"}}}
			permits == {"grants.granted" | asked == held}
			denies := given.ids(grants.deny) with input as object.union(question, given.holding("narrow", "DEV")) with data.weir.data.grants as {"narrow": {"DEV": {held: "allow"}}}
			denies == {"grants.not_granted" | asked != held}
		}
		own.kind == "tool-call"
	}
}

test_a_dependency_needs_edit_and_dependency_both if {
	both := {"narrow": {"DEV": {"edit": "allow", "dependency": "allow"}}}
	given.ids(grants.permit) == {"grants.granted"} with input as object.union(given.write("package.json", "dependency"), given.holding("narrow", "DEV")) with data.weir.data.grants as both
	every held in ["edit", "dependency", "review", "chat", "publish"] {
		given.ids(grants.deny) == {"grants.not_granted"} with input as object.union(given.write("package.json", "dependency"), given.holding("narrow", "DEV")) with data.weir.data.grants as {"narrow": {"DEV": {held: "allow"}}}
	}
}
