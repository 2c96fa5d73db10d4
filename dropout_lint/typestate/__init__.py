"""The mode of every module object, followed through functions, methods and files.

A model is an object with a typestate: *train* or *eval*. This package runs a program in the abstract, statement by
statement, on states instead of data, and notes what happens to modules in which mode. Nothing is executed.

An example::

    model = Net()                  # allocation site: line 1;  mode: train, as every new module
    if options.test:
        model.eval()               # mode: eval on this path
    with torch.no_grad():
        y = model(x)               # event FORWARD: mode *train or eval*, gradients off

1. `roots` looks at the text and finds the functions in which an analysis is worth its cost.
2. `cfg` makes a control-flow graph of each function: here two paths that meet at the `with`.
3. `evaluation` carries a state of `domain` along the edges. At the join point the mode is the join of train and eval.
4. `models` says what calls into torch and other libraries do to modes, weights and gradients.
5. `verdicts` decides which recorded events are misuse. A mode that is only *possibly* train is none: it stays silent.

Calls of functions of the project are analysed anew in each context, up to twelve deep (the call string); a budget
of transfer steps ends what does not pay. `analysis` runs all roots of one file.
"""
