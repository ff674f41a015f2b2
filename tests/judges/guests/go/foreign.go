// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// foreign calls functions that Envoy has and others have not.
type foreign struct{ types.DefaultHttpContext }

func (*foreign) OnHttpRequestHeaders(int, bool) types.Action {
	text := strings.Repeat("a", 20)
	packed, err := proxywasm.CallForeignFunction("compress", []byte(text))
	check(err)
	back, err := proxywasm.CallForeignFunction("uncompress", packed)
	check(err)
	if string(back) == text {
		proxywasm.LogInfo("round trip ok")
	}
	_, err = proxywasm.CallForeignFunction("nothing", nil)
	if errors.Is(err, types.ErrorStatusNotFound) {
		proxywasm.LogInfo("no such function")
	}
	return types.ActionContinue
}
