// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// lifecycle logs every callback of a connection, in the order in which they come.
type lifecycle struct{ types.DefaultTcpContext }

func (*lifecycle) OnNewConnection() types.Action {
	proxywasm.LogInfo("new connection")
	return types.ActionContinue
}

func (*lifecycle) OnDownstreamData(size int, end bool) types.Action {
	proxywasm.LogInfof("downstream %d end=%t", size, end)
	return types.ActionContinue
}

func (*lifecycle) OnUpstreamData(size int, end bool) types.Action {
	proxywasm.LogInfof("upstream %d end=%t", size, end)
	return types.ActionContinue
}

func (*lifecycle) OnDownstreamClose(peer types.PeerType) {
	proxywasm.LogInfof("downstream closed %d", peer)
}

func (*lifecycle) OnUpstreamClose(peer types.PeerType) {
	proxywasm.LogInfof("upstream closed %d", peer)
}

// OnStreamDone is the proxy's on_log; the SDK shows on_done only to plugins.
func (*lifecycle) OnStreamDone() { proxywasm.LogInfo("done") }
