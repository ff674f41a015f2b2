// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// lifecyclePlugin logs every callback of a stream, in the order in which they come.
type lifecyclePlugin struct{ types.DefaultPluginContext }

func (*lifecyclePlugin) OnPluginStart(int) types.OnPluginStartStatus {
	proxywasm.LogInfo("configured lifecycle")
	return types.OnPluginStartStatusOK
}

func (*lifecyclePlugin) NewHttpContext(uint32) types.HttpContext { return &lifecycle{} }

type lifecycle struct{ types.DefaultHttpContext }

func (*lifecycle) OnHttpRequestHeaders(pairs int, end bool) types.Action {
	proxywasm.LogInfof("request headers %d end=%t", pairs, end)
	return types.ActionContinue
}

func (*lifecycle) OnHttpRequestBody(size int, end bool) types.Action {
	proxywasm.LogInfof("request body %d end=%t", size, end)
	return types.ActionContinue
}

func (*lifecycle) OnHttpRequestTrailers(pairs int) types.Action {
	proxywasm.LogInfof("request trailers %d", pairs)
	return types.ActionContinue
}

func (*lifecycle) OnHttpResponseHeaders(pairs int, end bool) types.Action {
	proxywasm.LogInfof("response headers %d end=%t", pairs, end)
	return types.ActionContinue
}

func (*lifecycle) OnHttpResponseBody(size int, end bool) types.Action {
	proxywasm.LogInfof("response body %d end=%t", size, end)
	return types.ActionContinue
}

func (*lifecycle) OnHttpResponseTrailers(pairs int) types.Action {
	proxywasm.LogInfof("response trailers %d", pairs)
	return types.ActionContinue
}

// OnHttpStreamDone is the proxy's on_log; the SDK shows on_done only to plugins.
func (*lifecycle) OnHttpStreamDone() { proxywasm.LogInfo("done") }
