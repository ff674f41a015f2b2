// SPDX-License-Identifier: 0BSD

package main

import "testing"

func TestReadsAConfiguration(t *testing.T) {
	read, err := parse([]byte(`{"deny_prefix": "\u00e9\"", "more": [{}]}`))
	if err != nil || string(read.denyPrefix) != "é\"" {
		t.Fatal(read, err)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for _, text := range []string{`{}`, `{"deny_prefix": 1}`, `{"deny_prefix": ""}`} {
		_, err := parse([]byte(text))
		if err == nil || err.Error() != `"deny_prefix" must be a string that is not empty` {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", `["a"]`, `{"deny_prefix": "a"`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s must be refused", text)
		}
	}
}
