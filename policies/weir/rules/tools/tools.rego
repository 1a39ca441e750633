# METADATA
# title: Tools
# description: A tool nobody knows is not run; native tools without effects of their own, and MCP tools, are lists in data.
package weir.rules.tools

import rego.v1

# METADATA
# title: Unknown tool
# description: The call names a tool that is neither a known tool nor on the lists of harmless native tools and of MCP tools.
# custom:
#   short_name: unknown
#   solution: Use the tools for reading, writing, searching and running.
deny contains {"rule": "tools.unknown", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	not _known
	reason := concat("", ["The tool ", input.tool.native, " is not known here."])
	feedback := concat("", [reason, " Use the tools for reading, writing, searching and running commands."])
}

# METADATA
# title: File tool without a target
# description: A call that reads or writes a file must say which.
# custom:
#   short_name: target_missing
#   solution: Name the path.
deny contains {"rule": "tools.target_missing", "reason": "The call names no path.", "feedback": "Name the path that is to be read or written."} if {
	input.kind == "tool-call"
	input.tool.name in ["read-file", "write-file"]
	count(input.targets) == 0
}

# Arrays of words, not sets: they are built anew for every question, and a set hashes each word.
_known if input.tool.name in ["read-file", "write-file", "run-shell", "run-test", "search", "fetch-url", "delegate"]

_known if {
	input.tool.name == "other"
	input.tool.native in data.weir.data.natives.allow
}

# Which role may use it is for the rule of MCP tools to say.
_known if {
	input.tool.name == "other"
	data.weir.data.mcp.tools[input.tool.native]
}
