// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// body holds a request's body until it is whole, and lets a response's pass chunk by chunk.
type body struct {
	types.DefaultHttpContext
	holding bool
}

func (*body) OnHttpRequestHeaders(int, bool) types.Action {
	// The length changes; the headers leave before it is known.
	check(proxywasm.RemoveHttpRequestHeader("content-length"))
	return types.ActionContinue
}

func (b *body) OnHttpRequestBody(_ int, end bool) types.Action {
	b.holding = !end
	if b.holding {
		return types.ActionPause // the proxy keeps what came so far
	}
	wrap()
	return types.ActionContinue
}

// OnHttpRequestTrailers ends a body that has no last chunk of its own.
func (b *body) OnHttpRequestTrailers(int) types.Action {
	if b.holding {
		wrap()
	}
	return types.ActionContinue
}

func wrap() {
	whole, err := proxywasm.GetHttpRequestBody(0, math.MaxInt32)
	if err != nil {
		whole = nil // it is empty
	}
	check(proxywasm.ReplaceHttpRequestBody([]byte("[" + string(whole) + "]")))
}

func (*body) OnHttpResponseHeaders(int, bool) types.Action {
	check(proxywasm.RemoveHttpResponseHeader("content-length"))
	return types.ActionContinue
}

func (*body) OnHttpResponseBody(int, bool) types.Action {
	check(proxywasm.AppendHttpResponseBody([]byte("!")))
	return types.ActionContinue
}
