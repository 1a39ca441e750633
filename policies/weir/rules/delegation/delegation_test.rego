package weir.rules.delegation_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.delegation
import rego.v1

_call(use) := object.union(given.empty, {
	"kind": "tool-call",
	"permission": "chat",
	"tool": given.tool("delegate", "task"),
	"delegation": use,
})

_rules(use, limits) := {finding.rule |
	some finding in delegation.deny with input as _call(use) with data.weir.data.delegation as limits
}

test_running_subagents_are_limited if {
	count(_rules({"running": 1, "total": 9}, {"max_running": 2})) == 0
	_rules({"running": 2, "total": 9}, {"max_running": 2}) == {"delegation.too_many_running"}
	_rules({"running": 0, "total": 0}, {"max_running": 0}) == {"delegation.too_many_running"}
}

test_all_subagents_of_a_session_are_limited if {
	count(_rules({"running": 0, "total": 2}, {"max_total": 3})) == 0
	_rules({"running": 0, "total": 3}, {"max_total": 3}) == {"delegation.too_many"}
}

test_what_is_not_known_is_denied if {
	_rules(null, {"max_running": 2}) == {"delegation.unknown"}
	_rules({"running": "0", "total": 0}, {"max_running": 2}) == {"delegation.unknown"}
	_rules({"running": 0, "total": null}, {"max_total": 2}) == {"delegation.unknown"}
	_rules({}, {"max_total": 2}) == {"delegation.unknown"}
}

test_without_limits_and_for_other_tools_nothing_is_said if {
	count(_rules(null, {})) == 0
	count(delegation.deny) == 0 with input as given.write("src/a.ts", "source") with data.weir.data.delegation as {"max_running": 0}
	count(delegation.deny) == 0 with input as object.union(_call(null), {"kind": "session"}) with data.weir.data.delegation as {"max_running": 0}
}

test_main_asks_only_where_data_limit if {
	use := {"running": 2, "total": 2}
	data.weir.decision.verdict == "allow" with input as _call(use)
	data.weir.decision.rule == "delegation.too_many_running" with input as _call(use) with data.weir.data.delegation as {"max_running": 2}
	data.weir.decision.verdict == "allow" with input as _call(use) with data.weir.data.delegation as {"max_running": 3}
}
