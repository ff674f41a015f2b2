// SPDX-License-Identifier: 0BSD

package main

import "testing"

func TestReadsAConfiguration(t *testing.T) {
	settings, err := parse([]byte(`{"find": "x-a", "replace": "\u00e9\"", "more": [{}]}`))
	if err != nil || string(settings.find) != "x-a" || string(settings.replace) != "é\"" {
		t.Fatal(settings, err)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{"find": "x-a"}`:               `"replace" is missing`,
		`{"find": "x-a", "replace": 1}`: `"replace" must be a string`,
		`{"find": "", "replace": "1"}`:  `"find" must not be empty`,
	} {
		if _, err := parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", `["x-a", "1"]`, `{"header": "x-a"`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s must be refused", text)
		}
	}
}
