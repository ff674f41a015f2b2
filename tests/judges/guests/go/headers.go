// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// headers changes those of the request one by one, and those of the response all at once.
type headers struct{ types.DefaultHttpContext }

func (*headers) OnHttpRequestHeaders(int, bool) types.Action {
	value, err := proxywasm.GetHttpRequestHeader("x-in")
	if err != nil {
		value = "none"
	}
	check(proxywasm.AddHttpRequestHeader("x-out", value))
	check(proxywasm.ReplaceHttpRequestHeader("x-set", "new"))
	check(proxywasm.RemoveHttpRequestHeader("x-gone"))
	return types.ActionContinue
}

func (*headers) OnHttpResponseHeaders(int, bool) types.Action {
	pairs, err := proxywasm.GetHttpResponseHeaders()
	check(err)
	all := [2]string{"x-all", strconv.Itoa(len(pairs))}
	check(proxywasm.ReplaceHttpResponseHeaders(append(pairs, all)))
	return types.ActionContinue
}
