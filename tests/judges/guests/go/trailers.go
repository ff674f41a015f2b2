// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// trailers changes those that are there: it makes none.
type trailers struct{ types.DefaultHttpContext }

func (*trailers) OnHttpRequestTrailers(int) types.Action {
	check(proxywasm.AddHttpRequestTrailer("x-t", "request"))
	return types.ActionContinue
}

func (*trailers) OnHttpResponseTrailers(int) types.Action {
	check(proxywasm.AddHttpResponseTrailer("x-t", "response"))
	check(proxywasm.RemoveHttpResponseTrailer("x-gone"))
	return types.ActionContinue
}
