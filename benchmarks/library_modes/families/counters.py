"""Libraries that count operations or print a summary."""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-untyped-call"

from __future__ import annotations

from typing import Any

from benchmarks.library_modes.registry import probe


@probe("thop", "thop.profile", "thop.profile(model, inputs=(x,))")
def thop_profile(model: Any, x: Any) -> Any:
    import thop

    return thop.profile(model, inputs=(x,), verbose=False)


@probe("ptflops", "ptflops.get_model_complexity_info", "get_model_complexity_info(model, (3, 8, 8), backend='pytorch')")
def ptflops_pytorch(model: Any, x: Any) -> Any:
    import ptflops

    return ptflops.get_model_complexity_info(model, (3, 8, 8), backend="pytorch", print_per_layer_stat=False)


@probe("ptflops", "ptflops.get_model_complexity_info", "get_model_complexity_info(model, (3, 8, 8), backend='aten')")
def ptflops_aten(model: Any, x: Any) -> Any:
    import ptflops

    return ptflops.get_model_complexity_info(model, (3, 8, 8), backend="aten", print_per_layer_stat=False)


@probe("torchinfo", "torchinfo.summary", "torchinfo.summary(model, input_data=x)")
def torchinfo_summary(model: Any, x: Any) -> Any:
    import torchinfo

    return torchinfo.summary(model, input_data=x, verbose=0)


@probe("torchinfo", "torchinfo.summary", "torchinfo.summary(model, input_data=x, mode='train')")
def torchinfo_train(model: Any, x: Any) -> Any:
    import torchinfo

    return torchinfo.summary(model, input_data=x, verbose=0, mode="train")


@probe("torchsummary", "torchsummary.summary", "torchsummary.summary(model, (3, 8, 8))")
def torchsummary_summary(model: Any, x: Any) -> Any:
    import torchsummary

    return torchsummary.summary(model, (3, 8, 8), device="cpu")


@probe("fvcore", "fvcore.nn.FlopCountAnalysis", "FlopCountAnalysis(model, x).total()")
def fvcore_flops(model: Any, x: Any) -> Any:
    from fvcore.nn import FlopCountAnalysis

    return FlopCountAnalysis(model, x).total()


@probe("torchprofile", "torchprofile.profile_macs", "profile_macs(model, x)")
def torchprofile_macs(model: Any, x: Any) -> Any:
    from torchprofile import profile_macs

    return profile_macs(model, x)
