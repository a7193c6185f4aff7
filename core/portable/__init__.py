"""Networks in and out of the house: weights trained elsewhere become checkpoints, checkpoints become plain files.

::

    state_dict     a PyTorch or safetensors file → name → tensor, whatever it is wrapped in
    names          how torchvision calls the weights that we call otherwise
    fitting        those tensors → the architecture and head they fill, or why they do not
    class_indices  {"0": "name", …} ↔ class names
    inward         all of it → a checkpoint
    outward        a checkpoint → state dict, class_indices.json, preprocessing.json, ONNX
    onnx_file      a classifier → ONNX with logits and features, held against ONNX Runtime
"""
