package weir.rules.urls_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.urls
import rego.v1

test_denies_a_host_that_is_not_listed if {
	given.ids(urls.deny) == {"urls.host_not_listed"} with input as given.fetch({"url": "x", "scheme": "https", "host": "evil.test", "port": 443, "address": "name"})
}

test_lets_a_listed_host_pass if {
	count(urls.deny) == 0 with input as given.fetch({"url": "x", "scheme": "https", "host": "docs.test", "port": 443, "address": "name"}) with data.weir.data.urls.hosts as ["docs.test", ".api.test"]
}

test_lets_a_listed_suffix_pass if {
	count(urls.deny) == 0 with input as given.fetch({"url": "x", "scheme": "https", "host": "v1.api.test", "port": 443, "address": "name"}) with data.weir.data.urls.hosts as ["docs.test", ".api.test"]
}

test_denies_a_look_alike_of_a_listed_host if {
	given.ids(urls.deny) == {"urls.host_not_listed"} with input as given.fetch({"url": "x", "scheme": "https", "host": "notdocs.test", "port": 443, "address": "name"}) with data.weir.data.urls.hosts as ["docs.test", ".api.test"]
}

test_denies_a_look_alike_of_a_listed_suffix if {
	given.ids(urls.deny) == {"urls.host_not_listed"} with input as given.fetch({"url": "x", "scheme": "https", "host": "evilapi.test", "port": 443, "address": "name"}) with data.weir.data.urls.hosts as ["docs.test", ".api.test"]
}

test_denies_internal_addresses_even_when_listed if {
	every address in {"private", "loopback", "link-local", "invalid"} {
		given.ids(urls.deny) == {"urls.address"} with input as given.fetch({"url": "x", "scheme": "https", "host": "docs.test", "port": 443, "address": address}) with data.weir.data.urls.hosts as ["docs.test"]
	}
}

test_denies_other_schemes if {
	given.ids(urls.deny) == {"urls.address"} with input as given.fetch({"url": "x", "scheme": "file", "host": "docs.test", "port": 443, "address": "name"}) with data.weir.data.urls.hosts as ["docs.test", ".api.test"]
}

test_denies_a_fetch_without_an_address if {
	given.ids(urls.deny) == {"urls.address", "urls.host_not_listed"} with input as given.fetch(null)
}

test_denies_an_address_in_any_other_tool if {
	given.ids(urls.deny) == {"urls.host_not_listed"} with input as object.union(given.fetch({"url": "x", "scheme": "https", "host": "evil.test", "port": 443, "address": "name"}), {"tool": {"name": "other"}})
}

test_says_nothing_about_files if {
	count(urls.deny) == 0 with input as given.read("a", "source")
}
