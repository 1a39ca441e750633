package weir.rules.contents_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.contents
import rego.v1

writing(signs, secrets) := object.union(given.write("tests/conftest.py", "test"), {"content": {"signs": signs, "secrets": secrets}})

test_denies_text_that_reads_secrets_and_names_them if {
	given.ids(contents.deny) == {"contents.reads_secret"} with input as writing(["reads-secret"], [".env"])
	some finding in contents.deny with input as writing(["reads-secret"], [".env", "~/.ssh/id_rsa"])
	contains(finding.reason, ".env, ~/.ssh/id_rsa")
}

test_denies_text_that_sends_secrets if {
	given.ids(contents.deny) == {"contents.sends_secrets"} with input as writing(["sends-secrets"], [])
}

test_denies_harm_in_its_own_words if {
	every sign in ["harmful-command", "remote-code", "destroys", "delivers", "persists", "endless"] {
		given.ids(contents.deny) == {"contents.harmful"} with input as writing([sign], [])
	}
	count(contents.deny) == 6 with input as writing(["harmful-command", "remote-code", "destroys", "delivers", "persists", "endless"], [])
}

test_denies_what_could_not_be_looked_through if {
	given.ids(contents.deny) == {"contents.unread"} with input as writing(["unread"], [])
}

test_says_nothing_about_text_without_signs if {
	count(contents.deny) == 0 with input as given.write("src/a.ts", "source")
}

test_says_nothing_about_other_questions if {
	count(contents.deny) == 0 with input as object.union(writing(["reads-secret", "sends-secrets", "destroys", "unread"], [".env"]), {"kind": "route"})
}
