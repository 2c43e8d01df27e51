"""A series of DICOM images to label."""

import numpy as np
import pydicom

from volumes import turn


def ct_series(folder, slices=4, shape=(20, 30), study=None):
    """A small oblique CT, its files in no order, and a file that is not DICOM."""
    folder.mkdir()
    axes = turn().T
    uid = pydicom.uid.generate_uid
    study, series, frame = study or uid(), uid(), uid()
    for number in range(slices):
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.SOPClassUID = pydicom.uid.CTImageStorage
        ds.SOPInstanceUID = uid()
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "1", "Test^A", "", ""
        ds.StudyID, ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "1", "20260101", "120000", ""
        ds.ReferringPhysicianName, ds.Modality, ds.SeriesNumber = "", "CT", 1
        ds.InstanceNumber = slices - number  # against the places, on purpose
        ds.Rows, ds.Columns = shape
        ds.PixelSpacing, ds.SliceThickness = [0.7, 0.5], 2.5
        ds.ImageOrientationPatient = [*map(float, axes[0]), *map(float, axes[1])]
        ds.ImagePositionPatient = [float(v) for v in np.array([5, 6, 7]) + 2.5 * number * axes[2]]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        ds.PositionReferenceIndicator = ""
        ds.PixelData = np.full(shape, number, np.uint16).tobytes()
        ds.save_as(folder / f"{(number * 3) % 7}.dcm", enforce_file_format=True)
    (folder / "DICOMDIR.txt").write_text("not DICOM")
    return folder
