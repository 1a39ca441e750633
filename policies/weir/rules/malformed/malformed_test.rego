package weir.rules.malformed_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.malformed
import rego.v1

test_lets_every_whole_input_pass if {
	every whole in [given.empty, given.route("chat"), given.model(1), given.approval("b", "a", "edit"), given.release("rollback", ["DEV"]), given.read("a", "source"), given.shell([["ls"]]), given.approved(given.read("a", "source"), "bob")] {
		count(malformed.deny) == 0 with input as whole
	}
}

test_denies_every_other_shape if {
	every broken in [{}, object.remove(given.empty, ["actor"]), object.remove(given.empty, ["targets"]), object.union(given.empty, {"actor": {"role": null}}), object.union(given.empty, {"actor": {"id": 1}}), object.union(given.empty, {"environment": null}), object.union(given.empty, {"targets": null}), object.union(given.empty, {"kind": "release"}), object.union(given.route("chat"), {"route": null}), object.union(given.model(1), {"model": null}), object.union(given.approval("b", "a", "edit"), {"approval": null}), object.union(given.approval("b", "a", "edit"), {"permission": null}), object.union(given.read("a", "source"), {"permission": null}), object.union(given.read("a", "source"), {"tool": null}), object.union(given.read("a", "source"), {"approval": "x"}), object.remove(given.read("a", "source"), ["command"]), object.remove(given.read("a", "source"), ["approval"]), object.union(given.read("a", "source"), {"targets": [{"path": "a", "class": "source", "access": "own"}]}), object.union(given.read("a", "source"), {"targets": [{"path": "a", "access": "read"}]}), object.union(given.read("a", "source"), {"targets": [null]}), object.union(given.shell([["ls"]]), {"command": {"opaque": null}}), object.union(given.shell([["ls"]]), {"command": {"network": "no"}}), object.union(given.shell([["ls"]]), {"command": {"programs": null}}), object.union(given.shell([["ls"]]), {"command": {"problems": null}}), object.union(given.shell([["ls"]]), {"command": {"programs": [{"name": "ls"}]}}), object.union(given.shell([["ls"]]), {"command": {"programs": [{"name": "ls", "argv": []}]}}), object.union(given.shell([["ls"]]), {"command": {"programs": [{"name": "ls", "argv": [1]}]}}), object.union(given.shell([["ls"]]), {"command": {"programs": [{"name": null, "argv": ["ls"]}]}})] {
		given.ids(malformed.deny) == {"malformed.input_malformed"} with input as broken
	}
}

test_denies_an_input_that_is_no_object if {
	given.ids(malformed.deny) == {"malformed.input_malformed"} with input as "text"
}

test_denies_an_empty_list if {
	given.ids(malformed.deny) == {"malformed.input_malformed"} with input as []
}

test_denies_a_release_of_another_shape if {
	every broken in [{"id": null}, {"digest": 1}, {"madeBy": null}, {"live": "DEV"}, {"checks": null}, {"action": "destroy"}] {
		given.ids(malformed.deny) == {"malformed.input_malformed"} with input as object.union(given.release("promote", []), {"release": broken})
	}
	given.ids(malformed.deny) == {"malformed.input_malformed"} with input as object.remove(given.release("promote", []), ["approval"])
}
