"""Frozen encoders with a small head: what is learned is the head alone, from a file of embeddings.

Most image and text encoders are judged this way: the encoder stays as it is published, a k-NN,
linear, prototype, attention or survival head is fitted on labelled embeddings, and the case is
answered from its own embedding.
"""
