package weir.rules.tools_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.tools
import rego.v1

test_denies_an_unknown_native_tool if {
	given.ids(tools.deny) == {"tools.unknown"} with input as object.union(given.empty, {"kind": "tool-call", "permission": "chat", "tool": given.tool("other", "corp_do_thing")})
}

test_lets_listed_native_tools_pass if {
	count(tools.deny) == 0 with input as object.union(given.empty, {"kind": "tool-call", "permission": "chat", "tool": given.tool("other", "todowrite")})
}

test_denies_a_near_miss_of_a_listed_tool if {
	given.ids(tools.deny) == {"tools.unknown"} with input as object.union(given.empty, {"kind": "tool-call", "permission": "chat", "tool": given.tool("other", "TodoWrite")})
}

test_denies_an_unknown_tool_name if {
	given.ids(tools.deny) == {"tools.unknown"} with input as object.union(given.read("a", "source"), {"tool": {"name": "run-anything"}})
}

test_denies_a_null_native_name if {
	count(tools.deny) == 0 with input as object.union(given.empty, {"kind": "tool-call", "permission": "chat", "tool": given.tool("other", null)})
}

test_lets_every_known_tool_pass if {
	every name in {"read-file", "write-file", "run-shell", "run-test", "search", "fetch-url", "delegate"} {
		count(tools.deny) == 0 with input as object.union(given.read("a", "source"), {"tool": {"name": name}})
	}
}

test_denies_a_file_tool_without_a_target if {
	given.ids(tools.deny) == {"tools.target_missing"} with input as object.union(given.read("a", "source"), {"targets": []})
}

test_says_nothing_about_routes if {
	count(tools.deny) == 0 with input as given.route("read-meta")
}

test_lets_listed_mcp_tools_pass if {
	listed := {"tools": {"issues_get": {"server": "issues", "permission": "review"}}, "servers": {}}
	count(tools.deny) == 0 with input as object.union(given.empty, {"kind": "tool-call", "permission": "review", "tool": given.tool("other", "issues_get")}) with data.weir.data.mcp as listed
	given.ids(tools.deny) == {"tools.unknown"} with input as object.union(given.empty, {"kind": "tool-call", "permission": "review", "tool": given.tool("other", "issues_delete")}) with data.weir.data.mcp as listed
	given.ids(tools.deny) == {"tools.unknown"} with input as object.union(given.empty, {"kind": "tool-call", "permission": "review", "tool": given.tool("anything", "issues_get")}) with data.weir.data.mcp as listed
}
