package weir_test

import data.weir
import data.weir.lib.fixtures_test as given
import rego.v1

test_allows_what_is_granted if {
	answer := weir.decision with input as given.write("src/a.ts", "source")
	answer.verdict == "allow"
	answer.rule == "grants.granted"
	answer.also == []
}

test_a_deny_beats_a_pending_and_names_it if {
	answer := weir.decision with input as object.union(given.write(".env", "secret"), given.holding("contributor", "DEV"))
	answer.verdict == "deny"
	answer.rule == "secret_paths.secret_touched"
	answer.also == ["grants.needs_approval"]
}

test_a_gateway_without_a_sandbox_serves_dev_alone if {
	start := object.union(given.empty, {"containment": "none"})
	answer := weir.decision with input as object.union(start, {"environment": "PROD"})
	answer.verdict == "deny"
	answer.rule == "containment.missing"
	served := weir.decision with input as start
	served.verdict == "allow"
}

test_text_that_reads_secrets_is_not_written if {
	answer := weir.decision with input as object.union(given.write("src/a.ts", "source"), {"content": {"signs": ["reads-secret"], "secrets": [".env"]}})
	answer.verdict == "deny"
	answer.rule == "contents.reads_secret"
}

test_a_pending_beats_a_permit if {
	answer := weir.decision with input as given.shell([["frobnicate"]])
	answer.verdict == "pending"
	answer.rule == "programs.unknown_queued"
}

test_a_change_over_somebody_elses_waits if {
	answer := weir.decision with input as object.union(given.write("src/a.ts", "source"), {"tool": {"native": "change-set", "protocol": "weir", "args": {"path": "src/a.ts", "conflict": true}}})
	answer.verdict == "pending"
	answer.rule == "conflicts.over_others"
}

test_several_denies_give_the_first_by_name_and_all_feedback if {
	answer := weir.decision with input as object.union(given.write(".env", "secret"), given.holding("reader", "DEV"))
	answer.rule == "grants.not_granted"
	answer.also == ["secret_paths.secret_touched"]
	contains(answer.feedback, ".env.example")
	contains(answer.feedback, "no grant for edit")
}

test_denies_by_default if {
	answer := weir.decision with input as given.read("a", "source") with data.weir.rules.grants.deny as set() with data.weir.rules.grants.permit as set()
	answer.verdict == "deny"
	answer.rule == "weir.default_deny"
}

test_a_finding_without_its_texts_lets_nothing_weaker_through if {
	every finding in ["only text", {"rule": "a.b", "reason": "no feedback"}, {"rule": 1}] {
		denied := weir.decision with input as given.write("a.ts", "source") with data.weir.rules.secret_paths.deny as {finding}
		denied.verdict == "deny"
		queued := weir.decision with input as given.shell([["git", "status"]]) with data.weir.rules.programs.pending as {finding}
		queued.verdict != "allow"
	}
}

test_denies_an_empty_input if {
	answer := weir.decision with input as {}
	answer.verdict == "deny"
	answer.rule == "malformed.input_malformed"
}

test_answers_every_other_kind if {
	weir.decision.verdict == "allow" with input as given.empty
	weir.decision.verdict == "allow" with input as given.route("chat")
	weir.decision.verdict == "allow" with input as given.model(1)
	weir.decision.verdict == "allow" with input as given.approval("bob", "alice", "edit")
	weir.decision.verdict == "deny" with input as given.route("pty")
	weir.decision.verdict == "deny" with input as given.model(null)
	weir.decision.verdict == "deny" with input as given.approval("bob", "bob", "edit")
	weir.decision.verdict == "deny" with input as object.union(given.empty, given.holding("nobody", "DEV"))
}

test_asks_about_the_sessions_of_others_apart if {
	bob := {"id": "bob@acme.test", "role": "author", "groups": []}
	asked := given.observing("auditor", bob)
	weir.decision.rule == "observers.not_granted" with input as asked
	weir.decision.rule == "observers.granted" with input as asked with data.weir.data.observers as {"auditor": {"DEV": "all"}}
	weir.decision.rule == "observers.not_granted" with input as object.union(asked, {"route": {"class": "read-meta"}})
	weir.decision.rule == "observers.not_granted" with input as given.route("observe") with data.weir.data.observers as {"author": {"DEV": "all"}}
}

test_hands_on_what_a_permit_obliges_to if {
	weir.decision.obligations == {"own_only": true} with input as given.route("weir-usage")
	weir.decision.obligations == {} with input as object.union(given.route("weir-usage"), given.holding("operator", "DEV"))
}

test_joins_what_several_rules_oblige_to if {
	first := {"rule": "a.first", "obligations": {"modify": [{"op": "remove", "arg": "x"}]}}
	second := {"rule": "b.second", "obligations": {"modify": [{"op": "add-flag", "flag": "-n"}], "own_only": false}}
	third := {"rule": "c.third", "obligations": {"own_only": true}}
	answer := weir.decision with input as given.read("a", "source") with weir._oblige as {first, second, third}
	answer.verdict == "allow"
	answer.rule == "grants.granted"
	answer.also == ["a.first", "b.second", "c.third"]
	answer.obligations == {"modify": [{"op": "remove", "arg": "x"}, {"op": "add-flag", "flag": "-n"}], "own_only": true}
}

test_an_obligation_that_cannot_be_read_allows_nothing if {
	every finding in ["only text", {"rule": "a.b"}, {"rule": "a.b", "obligations": {"modify": "x"}}, {"rule": "a.b", "obligations": {"redact": {"x": 1}}}] {
		answer := weir.decision with input as given.read("a", "source") with weir._oblige as {finding}
		answer.verdict == "deny"
	}
}

test_keeps_what_each_of_several_permits_obliges_to if {
	permits := {
		{"rule": "a.first", "reason": "", "feedback": "", "obligations": {"modify": [{"op": "remove", "arg": "x"}]}},
		{"rule": "b.second", "reason": "", "feedback": "", "obligations": {"modify": [{"op": "remove", "arg": "y"}]}},
	}
	answer := weir.decision with input as given.read("a", "source") with data.weir.rules.grants.permit as permits
	answer.obligations == {"modify": [{"op": "remove", "arg": "x"}, {"op": "remove", "arg": "y"}]}
}

# Whatever a question holds, every rule that could have something to say about it is asked.
test_asks_every_rule_that_a_question_concerns if {
	found := {{"rule": "x.found", "reason": "found", "feedback": "found"}}
	write := given.write("a.ts", "source")
	fetch := given.fetch({"url": "https://a.test/", "scheme": "https", "host": "a.test", "port": 443, "address": "name"})
	every asked in [given.shell([["git", "status"]]), write, fetch] {
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.grants.deny as found
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.tools.deny as found
		weir.decision.verdict == "pending" with input as asked with data.weir.rules.grants.pending as found with data.weir.rules.urls.deny as set()
	}
	every asked in [write, object.union(given.shell([["rm", "a"]]), {"targets": write.targets})] {
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.destructive.deny as found
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.outside_paths.deny as found
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.secret_paths.deny as found
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.unknown_paths.deny as found
	}
	every asked in [given.shell([["git", "status"]]), object.union(given.shell([]), {"command": null}), object.union(write, {"command": given.command([])})] {
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.programs.deny as found
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.shell.deny as found
	}
	every asked in [fetch, given.fetch(null), object.union(write, {"url": fetch.url})] {
		weir.decision.verdict == "deny" with input as asked with data.weir.rules.urls.deny as found
	}
}

test_permits_nothing_of_a_kind_it_does_not_know if {
	stranger := object.union(given.write("a.ts", "source"), {"kind": "upgrade"})
	weir.decision.rule == "weir.default_deny" with input as stranger with data.weir.rules.malformed.deny as set()
}

test_answers_for_releases if {
	weir.decision.verdict == "allow" with input as given.release("promote", [])
	weir.decision.verdict == "pending" with input as object.union(given.release("promote", ["TEST"]), {"environment": "PROD"})
	answer := weir.decision with input as object.union(given.release("promote", []), {"environment": "PROD"})
	answer.verdict == "deny"
	answer.rule == "releases.out_of_order"
}

test_asks_the_rules_that_data_switch_on if {
	windows := {"*": {"DEV": []}}
	every asked in [given.read("a.ts", "source"), given.empty, given.model(1), given.release("promote", [])] {
		answer := weir.decision with input as asked with data.weir.data.hours as {"windows": windows}
		answer.rule == "hours.outside_hours"
	}
	spending := weir.decision with input as object.union(given.model(1), {"usage": null}) with data.weir.data.budgets as {"all": {"limits": {"usd_per_day": 1}}}
	spending.rule == "budgets.unknown"
	listed := {"tools": {"issues_get": {"server": "issues", "permission": "review"}}, "servers": {}}
	calling := weir.decision with input as object.union(given.read("a", "source"), {"tool": given.tool("other", "issues_get")}) with data.weir.data.mcp as listed
	calling.rule == "mcp.server_not_allowed"
	changing := weir.decision with input as object.union(given.write("a.ts", "source"), given.holding("author", "PROD"))
	changing.also == ["read_only.environment"]
}

# The four outcomes a role can be given, and the default roles that have them.
test_a_reader_reads_and_explains_only if {
	verdicts("reader", "DEV") == {"read": "allow", "ask": "allow", "write": "deny", "run": "deny"}
}

test_an_author_writes_through_the_governed_path if {
	verdicts("author", "DEV") == {"read": "allow", "ask": "allow", "write": "allow", "run": "allow"}
}

test_a_contributor_waits_for_a_second_person if {
	verdicts("contributor", "DEV") == {"read": "allow", "ask": "allow", "write": "pending", "run": "pending"}
}

test_nobody_writes_in_prod if {
	every role in ["reader", "author", "contributor", "approver", "operator"] {
		verdicts(role, "PROD") == {"read": "allow", "ask": "allow", "write": "deny", "run": "deny"}
	}
	verdicts("auditor", "PROD") == {"read": "allow", "ask": "deny", "write": "deny", "run": "deny"}
}

verdicts(role, environment) := {name: verdict |
	some name, call in {"read": given.read("src/a.ts", "source"), "ask": given.model(1), "write": given.write("src/a.ts", "source"), "run": given.shell([["npm", "run", "build"]])}
	verdict := weir.decision.verdict with input as object.union(call, given.holding(role, environment))
}

found := object.union(given.model(1), {"model": object.union(given.model(1).model, {"findings": [{"rule": "github", "kind": "secret", "count": 1}]})})

test_a_request_is_sent_without_its_secrets if {
	weir.decision.verdict == "allow" with input as found
	weir.decision.rule == "models.model_allowed" with input as found
	weir.decision.also == ["outgoing.redacted"] with input as found
	weir.decision.obligations == {"redact": ["github"]} with input as found
}

test_what_is_taken_out_permits_nothing if {
	weir.decision.rule == "models.chat_not_granted" with input as object.union(found, given.holding("auditor", "DEV"))
	weir.decision.rule == "weir.default_deny" with input as found with data.weir.rules.models.permit as set() with data.weir.rules.models.deny as set()
}

test_a_request_with_secrets_is_blocked_where_data_say_so if {
	weir.decision.rule == "outgoing.blocked" with input as found with data.weir.data.outgoing.actions as {"*": {"DEV": {"secret": "block"}}}
}
