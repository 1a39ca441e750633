package weir.rules.mcp_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.mcp
import rego.v1

listed := {
	"tools": {"issues_get": {"server": "issues", "permission": "review"}, "lost_get": {"server": "lost", "permission": "review"}},
	"servers": {"issues": {"author": ["DEV", "TEST"], "operator": [], "*": ["DEV"]}},
}

call(native) := object.union(given.empty, {"kind": "tool-call", "permission": "review", "tool": given.tool("other", native)})

test_lets_a_role_use_a_server_it_is_listed_for if {
	count(mcp.deny) == 0 with input as call("issues_get") with data.weir.data.mcp as listed
	count(mcp.deny) == 0 with input as object.union(call("issues_get"), given.holding("author", "TEST")) with data.weir.data.mcp as listed
	count(mcp.deny) == 0 with input as object.union(call("issues_get"), given.holding("reader", "DEV")) with data.weir.data.mcp as listed
}

test_denies_a_server_in_another_environment if {
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as object.union(call("issues_get"), given.holding("author", "PROD")) with data.weir.data.mcp as listed
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as object.union(call("issues_get"), given.holding("reader", "TEST")) with data.weir.data.mcp as listed
}

test_an_empty_list_of_a_role_replaces_that_of_everyone if {
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as object.union(call("issues_get"), given.holding("operator", "DEV")) with data.weir.data.mcp as listed
}

test_denies_a_server_that_nobody_is_listed_for if {
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as call("lost_get") with data.weir.data.mcp as listed
}

test_denies_an_environment_and_a_role_that_nobody_listed if {
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as object.union(call("issues_get"), given.holding("author", "STAGE")) with data.weir.data.mcp as listed
	given.ids(mcp.deny) == {"mcp.server_not_allowed"} with input as object.union(call("issues_get"), given.holding("nobody", "TEST")) with data.weir.data.mcp as listed
}

test_leaves_tools_that_are_not_listed_to_the_rule_for_unknown_tools if {
	count(mcp.deny) == 0 with input as call("issues_delete") with data.weir.data.mcp as listed
	count(mcp.deny) == 0 with input as call("issues_get") with data.weir.data.mcp as {"tools": {}, "servers": {}}
	count(mcp.deny) == 0 with input as given.read("a.ts", "source") with data.weir.data.mcp as listed
}
