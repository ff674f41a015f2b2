// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// reply answers by itself: at once for /deny, instead of the upstream's answer for /late.
type reply struct {
	types.DefaultHttpContext
	path string
}

func (r *reply) OnHttpRequestHeaders(int, bool) types.Action {
	var err error
	r.path, err = proxywasm.GetHttpRequestHeader(":path")
	check(err)
	if r.path == "/deny" {
		why := [][2]string{{"x-why", "path"}}
		check(proxywasm.SendHttpResponse(403, why, []byte("denied"), -1)) // -1: no gRPC status
		return types.ActionPause
	}
	return types.ActionContinue
}

func (r *reply) OnHttpResponseHeaders(int, bool) types.Action {
	if r.path == "/late" {
		check(proxywasm.SendHttpResponse(500, nil, []byte("late"), -1))
		return types.ActionPause
	}
	return types.ActionContinue
}
